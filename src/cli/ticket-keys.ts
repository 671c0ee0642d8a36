import { randomBytes } from 'node:crypto'

const rotateMs = 4 * 60 * 60 * 1000

/** The key of session tickets (RFC 5077, 4), made anew every four hours, so that who steals one cannot read what came long before. */
export class TicketKeys {
  #current = randomBytes(48)
  readonly #timer: NodeJS.Timeout

  constructor(onChange: (keys: Buffer) => void) {
    const rotate = () => {
      this.#current = randomBytes(48)
      onChange(this.#current)
    }
    this.#timer = setInterval(rotate, rotateMs).unref()
  }

  get current(): Buffer {
    return this.#current
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
