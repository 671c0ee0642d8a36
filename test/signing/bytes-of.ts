import type { Message } from '../../src/mail/message.ts'

/** A message as it goes over the wire. */
export async function bytesOf(message: Message): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message.chunks()) chunks.push(chunk)
  return Buffer.concat(chunks)
}
