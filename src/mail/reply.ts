/** An SMTP reply with its enhanced status code (RFC 3463). */
export interface Reply {
  readonly code: number
  readonly status: string
  /** One line without control characters; the sender reads it. */
  readonly text: string
  /** What only the trace may tell: which server, which error. */
  readonly detail?: string
}

export const ok: Reply = { code: 250, status: '2.0.0', text: 'OK' }
export const senderOk: Reply = { code: 250, status: '2.1.0', text: 'Sender OK' }
export const recipientOk: Reply = { code: 250, status: '2.1.5', text: 'Recipient OK' }

export function isAccepted(reply: Reply): boolean {
  return reply.code < 400
}

/** 4yz: the client may try again. */
export function isTemporary(reply: Reply): boolean {
  return reply.code >= 400 && reply.code < 500
}

/** The reply with the trace's id behind its text, by which the operator finds the whole story. */
export function withId(reply: Reply, id: string): Reply {
  return { ...reply, text: `${reply.text} [${id}]` }
}
