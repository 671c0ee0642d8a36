import { definePolicy, quarantine } from 'postern'

/** Hold everything in quarantine. */
export default definePolicy({
  name: 'holds',
  phase: 'message',
  summary: 'Hold everything in quarantine.',
  reasons: { held: ['7.1', 'Held for a drill'] },
  judge: () => quarantine('held'),
})
