/** What is wrong with an expression, and where in it, in words that continue "expected …, found …". */
interface About {
  /** The character at which it begins. */
  readonly offset: number
  readonly expected: string
  readonly found: string
  /** The words of which one was meant. */
  readonly known?: Iterable<string>
}

export class Fault extends Error {
  readonly about: About

  constructor(about: About) {
    super(`expected ${about.expected}, found ${about.found}`)
    this.about = about
  }
}
