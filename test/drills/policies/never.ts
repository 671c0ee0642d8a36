import { definePolicy } from 'postern'

/** Never come to a verdict. */
export default definePolicy({
  name: 'never',
  phase: 'message',
  summary: 'Never come to a verdict.',
  judge: () => new Promise(() => {}),
})
