/** TLS handshakes that go on at the same time: each costs us more than the client, so there is an end to them. */
export class Handshakes {
  readonly #most: number
  #open = 0

  constructor(most: number) {
    this.#most = most
  }

  get areFull(): boolean {
    return this.#open >= this.#most
  }

  /** Counts one, until its end is told. */
  begin(): () => void {
    this.#open++
    let isOver = false
    return () => {
      if (!isOver) this.#open--
      isOver = true
    }
  }
}
