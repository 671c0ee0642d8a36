import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

const deadlineMs = 5000

/** The client's side of an SMTP dialogue: bytes as the test wants them, replies as they come. */
export class Client {
  #socket: Socket
  #received = ''
  #isClosed = false
  #waiting: (() => void) | undefined
  /** All that has come so far. */
  transcript = ''

  constructor(socket: Socket) {
    this.#socket = socket
    this.#listen(socket)
  }

  static async connect(port: number, options: { readonly localAddress?: string } = {}): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true, ...options })
    const client = new Client(socket)
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return client
  }

  /** Connects, and expects the greeting. */
  static async greeted(port: number): Promise<Client> {
    const client = await Client.connect(port)
    await client.expect(220)
    return client
  }

  static async connectTls(port: number): Promise<Client> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    const client = new Client(socket)
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    return client
  }

  get socket(): Socket {
    return this.#socket
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Closes our side; the server may still speak. */
  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Sends a line, and answers with the reply. */
  say(line: string): Promise<string> {
    this.write(`${line}\r\n`)
    return this.reply()
  }

  /** Sends lines, each expected to be accepted. */
  async accepted(...lines: readonly string[]): Promise<void> {
    for (const line of lines) assert.match(await this.say(line), /^[23]/, line)
  }

  /** The next reply, all its lines, without the final line end. */
  async reply(): Promise<string> {
    const pattern = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r\n/
    const reply = await this.#until(() => pattern.exec(this.#received)?.[0])
    assert.ok(reply, `the connection was closed, after: ${JSON.stringify(this.transcript)}`)
    this.#received = this.#received.slice(reply.length)
    checkStatus(reply)
    return reply.trimEnd()
  }

  async expect(start: number | string): Promise<string> {
    const reply = await this.reply()
    assert.ok(reply.startsWith(String(start)), `expected ${start}, found ${reply}`)
    return reply
  }

  /** Waits for the server to close, and answers with what came until then. */
  async closed(): Promise<string> {
    await this.#until(() => (this.#isClosed ? 'closed' : undefined))
    const rest = this.#received
    this.#received = ''
    this.#socket.destroy()
    return rest
  }

  /** Begins TLS on this connection. */
  async secure(): Promise<void> {
    this.#socket.removeAllListeners('data')
    const secured = connectTls({ socket: this.#socket, rejectUnauthorized: false })
    this.#socket = secured
    this.#listen(secured)
    await new Promise<void>((resolve, reject) => secured.once('secureConnect', resolve).once('error', reject))
  }

  #listen(socket: Socket): void {
    socket.on('data', chunk => {
      this.#received += chunk.toString('latin1')
      this.transcript += chunk.toString('latin1')
      this.#waiting?.()
    })
    const onClose = () => {
      this.#isClosed = true
      this.#waiting?.()
    }
    socket.on('error', onClose).on('end', onClose).on('close', onClose)
  }

  async #until(look: () => string | undefined): Promise<string | undefined> {
    const late = setTimeout(() => this.#socket.destroy(new Error('no answer in time')), deadlineMs)
    try {
      for (;;) {
        const found = look()
        if (found !== undefined || this.#isClosed) return found
        await new Promise<void>(resolve => {
          this.#waiting = resolve
        })
      }
    } finally {
      clearTimeout(late)
    }
  }
}

/** RFC 2034, 4: each line has an enhanced status code of the reply's class, but for the greeting, the answer to EHLO, and 354. */
function checkStatus(reply: string): void {
  const isWithout = /^(?:3|220 \S+ ESMTP|250[ -]mx\.(?:example\.org|our\.example)\r)/.test(reply)
  for (const line of reply.trimEnd().split('\r\n')) {
    assert.ok(isWithout || /^([245])\d\d[ -]\1\.\d{1,3}\.\d{1,3} \S/.test(line), `the status of: ${line}`)
    assert.ok(line.length <= 510 && /^[\x20-\x7e]*$/.test(line), `the form of: ${line}`)
  }
}
