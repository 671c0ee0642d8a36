import { DotStuffing } from '../relay/dot-stuffing.ts'
import type { Scene } from '../report/rehearsal.ts'
import type { Limits } from '../smtp/limits.ts'
import { MessageIntake } from '../smtp/message-intake.ts'

/** What the edge makes of a message from a file: it reads it as it reads one from a client. */
export async function takeMessage(file: Buffer, limits: Limits): Promise<Scene['content']> {
  // It is in memory already, so that it may as well stay there.
  const options = { ...limits, memoryBytes: Number.MAX_SAFE_INTEGER }
  const intake = new MessageIntake({ limits: options, isOurs: false, spoolDirectory: '' })
  const stuffing = new DotStuffing()
  const content = stuffing.stuff(withCrlf(file))
  intake.write(Buffer.concat([content, Buffer.from(stuffing.end())]))
  return intake.finish()
}

/** Files are often saved with the line ends of Unix. Where there is one CRLF, every line end means what it says. */
function withCrlf(file: Buffer): Buffer {
  if (file.includes('\r\n')) return file
  return Buffer.from(file.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
}
