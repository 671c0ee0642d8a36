import { z } from 'zod'
import { defineFact } from '../engine/fact.ts'
import type { Message } from '../mail/message.ts'
import { headers } from './headers.ts'

const bounceFinding = z
  .strictObject({
    messageIds: z
      .array(z.string())
      .readonly()
      .describe('The Message-IDs, with their brackets, of the messages that it says it answers.'),
  })
  .readonly()

/** What a bounce, or another automatic answer, is about. */
export type BounceFinding = z.infer<typeof bounceFinding>

/** The header of the returned message stands near the end of a report, behind what people and programs read. */
const mostBytes = 256 * 1024
const mostIds = 20

/** Which of our messages an automatic answer is about (RFC 3464, 6522; RFC 8098 for receipts): what it quotes of them. */
export const bounce = defineFact({
  name: 'bounce',
  since: 'message',
  schema: bounceFinding,
  costly: true,
  async find({ message }, look): Promise<BounceFinding> {
    const { answers, messageId } = await look.fact(headers)
    const quoted = idsIn(await beginning(message)).filter(id => id !== messageId)
    return { messageIds: [...new Set([...answers, ...quoted])].slice(0, mostIds) }
  },
})

async function beginning(message: Message): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of message.chunks()) {
    parts.push(chunk)
    length += chunk.length
    if (length >= mostBytes) break
  }
  return Buffer.concat(parts).subarray(0, mostBytes).toString('latin1')
}

function idsIn(text: string): string[] {
  const lines = text.matchAll(/^(?:Original-)?Message-ID:[ \t]*(?:\r\n[ \t]+)?(<[^<>\s]{1,998}>)/gim)
  return [...lines].map(([, id]) => id ?? '')
}
