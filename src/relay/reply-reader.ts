import type { Answer, ServerReply, Trouble } from './server-reply.ts'

/** RFC 5321, 4.5.3.1.5 allows 512 bytes a line; servers that say more are common, servers that say this much are broken. */
export const replyLimits = { lineBytes: 2048, lines: 100, bytes: 32 * 1024 } as const

const LF = 0x0a

/** Puts together the replies of a server from what arrives of them. */
export class ReplyReader {
  #rest: Buffer = Buffer.alloc(0)
  #code = 0
  #lines: string[] = []
  #bytes = 0

  /** Whether the server has said something that is no complete reply yet. */
  get isAmidst(): boolean {
    return this.#rest.length > 0 || this.#lines.length > 0
  }

  /** The replies that are complete with this chunk. After trouble, nothing of the server can be understood any more. */
  read(chunk: Buffer): Answer[] {
    const bytes = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk
    const answers: Answer[] = []
    let start = 0
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      const answer = this.#line(bytes, start, end)
      if (answer) answers.push(answer)
      if (answer && 'trouble' in answer) return answers
      start = end + 1
    }
    this.#rest = bytes.subarray(start)
    if (this.#rest.length > replyLimits.lineBytes) answers.push(nonsense('a line of the reply is too long'))
    return answers
  }

  #line(bytes: Buffer, start: number, end: number): ServerReply | Trouble | undefined {
    this.#bytes += end - start
    if (end - start > replyLimits.lineBytes) return nonsense('a line of the reply is too long')
    if (this.#bytes > replyLimits.bytes || this.#lines.length >= replyLimits.lines) return nonsense('the reply is too long')
    const line = bytes.toString('latin1', start, end).trimEnd()
    const [, digits, separator, text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line) ?? []
    if (digits === undefined) return nonsense(`not a reply: ${JSON.stringify(line.slice(0, 80))}`)
    return this.#take(Number(digits), text, { last: separator !== '-' })
  }

  #take(code: number, text: string, { last }: { readonly last: boolean }): ServerReply | Trouble | undefined {
    if (this.#lines.length && code !== this.#code) return nonsense(`one reply with two codes: ${this.#code} and ${code}`)
    this.#code = code
    this.#lines.push(text)
    if (!last) return undefined
    const lines = this.#lines
    this.#lines = []
    this.#bytes = 0
    return { code, lines }
  }
}

function nonsense(detail: string): Trouble {
  return { trouble: 'nonsense', detail }
}
