import { connect, type Socket } from 'node:net'
import type { Mail } from './session.ts'

const mostConnections = 50
const idle: NextHop[] = []
const waiting: Job[] = []
let open = 0

interface Job extends Mail {
  readonly answer: (reply: string) => void
}

/** Hands a message on over a connection that is free, or over a new one; says what the client is answered. */
export function relay(mail: Mail): Promise<string> {
  return new Promise(answer => {
    const job = { ...mail, answer }
    const free = idle.pop()
    if (free) return free.send(job)
    waiting.push(job)
    if (open < mostConnections) new NextHop()
  })
}

/** A connection to the sink. */
class NextHop {
  readonly #socket: Socket
  /** What becomes of each reply that is still to come. */
  readonly #expected: ((reply: string) => void)[] = []
  #heard = ''
  #job: Job | undefined
  #trouble: string | undefined

  constructor() {
    open++
    this.#socket = connect({ port: Number(process.env.SINK_PORT), host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#expected.push(
      () => this.#socket.write('EHLO min\r\n'),
      () => this.#next(),
    )
    this.#socket.on('data', text => this.#hear(String(text)))
    this.#socket.on('error', () => {})
    this.#socket.once('close', () => this.#lost())
  }

  send(job: Job): void {
    this.#job = job
    this.#trouble = undefined
    const ok = (reply: string) => {
      if (!reply.startsWith('250')) this.#trouble = reply
    }
    this.#expected.push(ok, ...job.recipients.map(() => ok), reply => this.#sendContent(job, reply))
    this.#socket.write(`${job.from}\r\n${job.recipients.join('\r\n')}\r\nDATA\r\n`)
  }

  #sendContent(job: Job, reply: string): void {
    if (!reply.startsWith('354')) {
      this.#done(`451 4.4.0 ${reply}\r\n`)
      return
    }
    this.#socket.cork()
    for (const octets of job.content) this.#socket.write(octets)
    process.nextTick(() => this.#socket.uncork())
    this.#expected.push(final => {
      const trouble = this.#trouble ?? (final.startsWith('250') ? undefined : final)
      this.#done(trouble === undefined ? '250 2.0.0 Ok: relayed\r\n' : `451 4.4.0 ${trouble}\r\n`)
    })
  }

  #done(answer: string): void {
    this.#job?.answer(answer)
    this.#job = undefined
    this.#next()
  }

  #next(): void {
    const job = waiting.shift()
    if (job) this.send(job)
    else idle.push(this)
  }

  #hear(text: string): void {
    this.#heard += text
    for (let end = this.#heard.indexOf('\n'); end >= 0; end = this.#heard.indexOf('\n')) {
      const line = this.#heard.slice(0, end).trimEnd()
      this.#heard = this.#heard.slice(end + 1)
      if (line[3] !== '-') this.#expected.shift()?.(line)
    }
  }

  #lost(): void {
    open--
    const at = idle.indexOf(this)
    if (at >= 0) idle.splice(at, 1)
    this.#job?.answer('451 4.4.2 The next hop is gone\r\n')
  }
}
