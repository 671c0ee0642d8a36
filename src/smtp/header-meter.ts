import type { Limits } from './limits.ts'

type HeaderLimits = Pick<Limits, 'headerBytes' | 'headerFields' | 'continuationLines'>

export type HeaderFault = 'header-too-big' | 'too-many-fields' | 'field-too-long' | 'begins-with-space'

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09

/** Measures the header section of a message as it comes in: up to the first empty line (RFC 5322, 2.1). */
export class HeaderMeter {
  readonly #limits: HeaderLimits
  #bytes = 0
  #fields = 0
  #continuations = 0
  #atLineStart = true
  #isOrphan = false
  #isOver = false

  constructor(limits: HeaderLimits) {
    this.#limits = limits
  }

  /** Answers with the first limit that is exceeded, once. */
  add(content: Buffer): HeaderFault | undefined {
    for (let start = 0; start < content.length && !this.#isOver; ) {
      if (this.#atLineStart) this.#startLine(content[start])
      if (this.#isOver) return undefined
      const end = content.indexOf(LF, start) + 1 || content.length
      this.#bytes += end - start
      this.#atLineStart = content[end - 1] === LF
      start = end
      const fault = this.#fault()
      if (fault) return fault
    }
    return undefined
  }

  #startLine(first: number | undefined): void {
    if (first === CR || first === LF) this.#isOver = true
    else if (first === SPACE || first === TAB) {
      // Without a field of its own in front, the line would continue the one that we put on top.
      if (this.#fields === 0) this.#isOrphan = true
      this.#continuations++
    } else {
      this.#fields++
      this.#continuations = 0
    }
  }

  #fault(): HeaderFault | undefined {
    const { headerBytes, headerFields, continuationLines } = this.#limits
    if (this.#isOrphan) return this.#stop('begins-with-space')
    if (this.#fields > headerFields) return this.#stop('too-many-fields')
    if (this.#continuations > continuationLines) return this.#stop('field-too-long')
    if (this.#bytes > headerBytes) return this.#stop('header-too-big')
    return undefined
  }

  #stop(fault: HeaderFault): HeaderFault {
    this.#isOver = true
    return fault
  }
}
