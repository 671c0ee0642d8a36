/** The domains of an administrator's list: `example.org` alone, or `*.example.org` for every name below it. */
export class DomainList {
  readonly #patterns: ReadonlySet<string>

  constructor(patterns: Iterable<string>) {
    this.#patterns = new Set(patterns)
  }

  get size(): number {
    return this.#patterns.size
  }

  /** The entry that a domain matches, the closest first. */
  find(domain: string): string | undefined {
    if (this.#patterns.has(domain)) return domain
    for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
      const pattern = `*${domain.slice(dot)}`
      if (this.#patterns.has(pattern)) return pattern
    }
    return undefined
  }
}
