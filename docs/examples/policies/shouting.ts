import { definePolicy, pass, score, z } from 'postern'
import { reverseDns } from 'postern/facts'

/** Scores subjects in capitals, from clients whose name does not lead back to them. */
export default definePolicy({
  name: 'shouting',
  phase: 'message',
  summary: 'Add points for a subject in capitals, when the name of the client does not lead back to it.',
  options: z.strictObject({
    points: z.number().min(0).default(2).describe('Points for such a message.'),
  }),
  reasons: {
    shouting: ['7.1', 'The subject of your message is written in capitals'],
  },
  facts: () => ({ reverseDns }),
  judge({ message, options, facts }) {
    const subject = message.header('subject') ?? ''
    if (facts.reverseDns.status === 'confirmed' || !isShouting(subject)) return pass()
    return score(options.points, 'shouting', subject)
  },
})

function isShouting(text: string): boolean {
  return text.length >= 10 && text === text.toUpperCase() && text !== text.toLowerCase()
}
