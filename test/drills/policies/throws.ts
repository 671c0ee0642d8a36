import { definePolicy } from 'postern'

/** Break at every message. */
export default definePolicy({
  name: 'throws',
  phase: 'message',
  summary: 'Break at every message.',
  judge() {
    throw new Error('broken on purpose')
  },
})
