import type { Socket } from 'node:net'

/** A message with its envelope. */
export interface Mail {
  /** The commands as they came: MAIL, and RCPT for each recipient. */
  readonly from: string
  readonly recipients: readonly string[]
  /** As it came over the wire, with the final dot. */
  readonly content: readonly Buffer[]
}

const endOfData = Buffer.from('\r\n.\r\n')
const lineEnd = Buffer.from('\r\n')
const extensions = '250-min\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n'

/** One client's connection. */
export class Session {
  readonly #socket: Socket
  /** Takes a message; says what the client is answered. */
  readonly #deliver: (mail: Mail) => Promise<string>
  #commands = ''
  #from = ''
  #recipients: string[] = []
  #content: Buffer[] | undefined
  /** The last four octets of the message so far: its end may be split over two packets. */
  #tail: Buffer = lineEnd

  constructor(socket: Socket, deliver: (mail: Mail) => Promise<string>) {
    this.#socket = socket
    this.#deliver = deliver
  }

  greet(): void {
    this.#socket.on('data', octets => this.hear(octets))
    this.#socket.write('220 min ESMTP\r\n')
  }

  hear(octets: Buffer): void {
    if (this.#content) this.#hearContent(octets, this.#content)
    else this.#hearCommands(octets)
  }

  #hearContent(octets: Buffer, content: Buffer[]): void {
    const end = this.#endIn(octets)
    if (end < 0) {
      content.push(octets)
      this.#tail = octets.length >= 4 ? octets.subarray(-4) : Buffer.concat([this.#tail, octets]).subarray(-4)
      return
    }
    content.push(octets.subarray(0, end))
    this.#content = undefined
    this.#socket.pause()
    const answered = this.#deliver({ from: this.#from, recipients: this.#recipients, content })
    void answered.then(answer => this.#answer(answer, octets.subarray(end)))
  }

  #answer(answer: string, rest: Buffer): void {
    if (this.#socket.destroyed) return
    this.#socket.write(answer)
    this.#socket.resume()
    if (rest.length > 0) this.hear(rest)
  }

  /** Where the octets behind the message begin; -1 while it is not complete. It mostly ends where the packet does. */
  #endIn(octets: Buffer): number {
    const joined = Buffer.concat([this.#tail, octets.subarray(0, 5)]).indexOf(endOfData)
    if (joined >= 0) return joined + endOfData.length - this.#tail.length
    const at = octets.indexOf(endOfData)
    return at < 0 ? -1 : at + endOfData.length
  }

  #hearCommands(octets: Buffer): void {
    this.#commands += octets.toString('latin1')
    let replies = ''
    for (let end = this.#commands.indexOf('\n'); end >= 0; end = this.#commands.indexOf('\n')) {
      const line = this.#commands.slice(0, end).trimEnd()
      this.#commands = this.#commands.slice(end + 1)
      replies += this.#reply(line)
      if (this.#socket.writableEnded || this.#content) break
    }
    if (replies && !this.#socket.writableEnded) this.#socket.write(replies)
    const rest = this.#content ? this.#commands : ''
    if (rest === '') return
    this.#commands = ''
    this.hear(Buffer.from(rest, 'latin1'))
  }

  #reply(line: string): string {
    switch (line.slice(0, 4).toUpperCase()) {
      case 'EHLO':
        return extensions
      case 'MAIL':
        this.#from = line
        this.#recipients = []
        return '250 2.1.0 Ok\r\n'
      case 'RCPT':
        this.#recipients.push(line)
        return '250 2.1.5 Ok\r\n'
      case 'DATA':
        this.#content = []
        this.#tail = lineEnd
        return '354 Go\r\n'
      case 'QUIT':
        this.#socket.end('221 2.0.0 Bye\r\n')
        return ''
      default:
        return '250 2.0.0 Ok\r\n'
    }
  }
}
