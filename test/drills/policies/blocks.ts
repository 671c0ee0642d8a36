import { definePolicy, pass } from 'postern'

/** Keep the whole process busy for two seconds. */
export default definePolicy({
  name: 'blocks',
  phase: 'message',
  summary: 'Keep the whole process busy for two seconds.',
  judge() {
    const end = performance.now() + 2000
    while (performance.now() < end) {}
    return pass()
  },
})
