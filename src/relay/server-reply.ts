/** What a mail server has said in answer to one command (RFC 5321, 4.2): the same code on each line. */
export interface ServerReply {
  readonly code: number
  /** The texts behind the code, without line ends. */
  readonly lines: readonly string[]
}

/** Why there is no answer, or none that can be used. */
export interface Trouble {
  readonly trouble: 'unreachable' | 'busy' | 'lost' | 'late' | 'nonsense' | 'tls' | 'identity' | 'source'
  /** For the trace. */
  readonly detail: string
  /** What kind of trouble with TLS, in the words of those who are told of it: a code of OpenSSL or Node, or of RFC 8460. */
  readonly code?: string
  /** It is only noted: the server is spoken with all the same. */
  readonly isTolerated?: true
}

export type Answer = ServerReply | Trouble

export function isTrouble(value: object): value is Trouble {
  return 'trouble' in value
}

/** 2yz: the command was carried out. */
export function isPositive(answer: Answer): answer is ServerReply {
  return !isTrouble(answer) && answer.code >= 200 && answer.code < 300
}

/** The server closes the connection, or it is closed already: somebody else may be able to answer. */
export function isGone(answer: Answer): boolean {
  return isTrouble(answer) ? answer.trouble === 'lost' : answer.code === 421
}

/** One line for the trace: `550 5.1.1 No such user`. */
export function describe(answer: Answer): string {
  return isTrouble(answer) ? answer.detail : `${answer.code} ${answer.lines.join(' ')}`
}

/** What stands for an answer that was owed and did not come. */
export const silence: Answer = { trouble: 'nonsense', detail: 'no answer for this recipient' }
