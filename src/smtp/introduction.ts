import type { Conversation, Identity } from '../engine/conversation.ts'
import type { XclientAttributes } from './xclient.ts'

/** What a proxy has said about the client that it speaks for (XCLIENT). */
export class Introduction {
  readonly #conversation: Conversation
  readonly #relaysFrom: (ip: string) => boolean
  #helo: string | undefined

  constructor(conversation: Conversation, relaysFrom: (ip: string) => boolean) {
    this.#conversation = conversation
    this.#relaysFrom = relaysFrom
  }

  /** The name that the client has greeted the proxy with, if that is known. */
  get helo(): string | undefined {
    return this.#helo
  }

  identityOf({ ip, port, helo }: XclientAttributes): Identity {
    // Another client has another name; one that is not told is the one that EHLO says.
    if (ip || helo !== undefined) this.#helo = helo ?? undefined
    const name = this.#helo === undefined ? {} : { helo: this.#helo }
    if (ip) return { ...name, client: { ip, port: port ?? 0 }, relayed: this.#relaysFrom(ip), violations: [] }
    // Somebody of whom the proxy knows nothing is nobody of ours.
    const nobody = ip === null ? { relayed: false } : {}
    return port ? { ...name, ...nobody, client: { ...this.#conversation.session.client, port } } : { ...name, ...nobody }
  }
}
