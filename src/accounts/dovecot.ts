import { connect, type Socket } from 'node:net'
import type { Answer, Attempt, Authenticator } from './account.ts'
import { prepareName } from './prepare.ts'

/** Where Dovecot's auth service listens for clients: a unix socket, or TCP. */
export type DovecotAddress = { readonly path: string } | { readonly host: string; readonly port: number }

/** Dovecot makes whoever is wrong wait for two seconds; a minute means that nobody is there. */
const answerMs = 60_000
const longestLine = 8192
const mostAtOnce = 200

interface Question {
  readonly attempt: Attempt
  readonly answer: (answer: Answer) => void
}

/**
 * Asks Dovecot whose password it is, by its protocol for authentication clients, version 1.2. One connection carries all
 * questions; it is opened with the first, and again when it has been lost.
 */
export class Dovecot implements Authenticator {
  readonly hasKeys = false
  readonly #address: DovecotAddress
  readonly #questions = new Map<number, Question>()
  #number = 0
  #socket: Socket | undefined
  #rest = ''
  /** It has said who it is: it takes questions. */
  #isReady = false

  constructor(address: DovecotAddress) {
    this.#address = address
  }

  verify(attempt: Attempt): Promise<Answer> {
    if (this.#questions.size >= mostAtOnce) return Promise.resolve(trouble('too many questions are open'))
    const number = ++this.#number
    return new Promise(resolve => {
      const timer = setTimeout(() => answer(trouble(`no answer within ${answerMs} ms`)), answerMs)
      const answer = (said: Answer) => {
        clearTimeout(timer)
        this.#questions.delete(number)
        resolve(said)
      }
      this.#questions.set(number, { attempt, answer })
      if (!this.#socket) this.#connect()
      else if (this.#isReady) this.#ask(number, attempt)
    })
  }

  close(): void {
    this.#lose('we have closed the connection')
  }

  #connect(): void {
    const socket = connect(this.#address)
    socket.setEncoding('utf8').unref()
    this.#socket = socket
    socket.on('connect', () => socket.write(`VERSION\t1\t2\nCPID\t${process.pid}\n`))
    socket.on('data', text => this.#socket === socket && this.#hear(String(text)))
    const onEnd = (why: string) => this.#socket === socket && this.#lose(why)
    socket.on('error', error => onEnd(String(error)))
    socket.on('close', () => onEnd('Dovecot has closed the connection'))
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > longestLine) this.#lose('a line of Dovecot is too long')
    else for (const line of lines) this.#read(line.split('\t').map(unescapeTabs))
  }

  #read([word, ...rest]: readonly string[]): void {
    if (word === 'VERSION' && rest[0] !== '1') this.#lose(`expected version 1 of Dovecot's protocol, found ${rest[0]}`)
    if (word === 'DONE') this.#begin()
    if (word !== 'OK' && word !== 'FAIL' && word !== 'CONT') return
    const [number = '', ...fields] = rest
    this.#questions.get(Number(number))?.answer(answerOf(word, fields))
  }

  #begin(): void {
    this.#isReady = true
    for (const [number, { attempt }] of this.#questions) this.#ask(number, attempt)
  }

  #ask(number: number, { name, password, client }: Attempt): void {
    const response = Buffer.from(`\0${name}\0${password}`).toString('base64')
    // Without `secured` Dovecot would take it for a password in clear. `resp` must be the last.
    const fields = ['service=smtp', 'secured=tls', 'nologin', `rip=${client.ip}`, `rport=${client.port}`, `resp=${response}`]
    this.#socket?.write(`AUTH\t${number}\tPLAIN\t${fields.join('\t')}\n`)
  }

  #lose(why: string): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#isReady = false
    this.#rest = ''
    socket?.destroy()
    for (const { answer } of [...this.#questions.values()]) answer(trouble(why))
  }
}

function trouble(why: string): Answer {
  return { failure: 'trouble', detail: `Dovecot: ${why}` }
}

function answerOf(word: 'OK' | 'FAIL' | 'CONT', fields: readonly string[]): Answer {
  const field = (key: string) => fields.find(word => word.startsWith(`${key}=`))?.slice(key.length + 1)
  const name = prepareName(field('user') ?? '')
  if (word === 'OK')
    return name === undefined ? trouble('it does not say whose password it is') : { account: { name, addresses: [] } }
  if (word === 'CONT') return trouble('it has a question, to which PLAIN has no answer')
  const code = field('code')
  if (fields.includes('temp') || code === 'temp_fail') return trouble(field('reason') ?? 'it cannot find out')
  return { failure: 'refused' }
}

/** Dovecot writes what would break its lines as two characters. */
function unescapeTabs(text: string): string {
  const meant: Readonly<Record<string, string>> = { 0: '\0', 1: '\x01', t: '\t', r: '\r', n: '\n' }
  return text.replaceAll(/\x01(.)/g, (_, letter: string) => meant[letter] ?? letter)
}
