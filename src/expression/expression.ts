import type { Fact } from '../engine/fact.ts'
import { type Phase, phases } from '../engine/phase.ts'
import { checkCost } from './cost.ts'
import { Fault } from './fault.ts'
import type { Language } from './language.ts'
import { limits } from './limits.ts'
import { Meaning, type Mention } from './meaning.ts'
import type { Tree } from './tree.ts'
import { faultIn } from './trouble.ts'
import { Values } from './value.ts'
import type { Everything, NamedFact, Variable } from './vocabulary.ts'

/** A condition in CEL that has been checked: it can be judged by, as often as one likes. */
export class Expression {
  readonly text: string
  /** The facts that it mentions, and no others, by the names that it has for them. */
  readonly facts: Readonly<Record<string, Fact>>
  readonly mentions: readonly Mention[]
  readonly #language: Language
  readonly #meaning: Meaning
  /** What it mentions, of all that it could. */
  readonly #variables: readonly Variable[]
  readonly #facts: readonly (readonly [name: string, NamedFact])[]
  readonly #judge: (context: object) => unknown

  /** Throws a `Fault` when the text is not such a condition. */
  constructor(text: string, language: Language) {
    if (text.length > limits.characters) {
      const expected = `at most ${limits.characters} characters`
      throw new Fault({ offset: limits.characters, expected, found: `${text.length}` })
    }
    const { vocabulary } = language
    this.text = text
    this.#language = language
    const { judge, tree, check } = parse(text, language)
    this.#meaning = new Meaning(tree, vocabulary)
    check()
    checkCost(tree)
    this.#judge = judge
    this.mentions = this.#meaning.mentions
    const mentioned = new Set(this.mentions.map(({ name }) => name))
    this.#variables = [...vocabulary.variables.values()].filter(({ name }) => mentioned.has(name))
    this.#facts = [...vocabulary.facts].filter(([name]) => mentioned.has(`facts.${name}`))
    this.facts = Object.fromEntries(this.#facts.map(([name, { fact }]) => [name, fact]))
  }

  /** The earliest phase at which all is known that it mentions; undefined when there is none. */
  get earliest(): Phase | undefined {
    return phases.find(phase => this.isKnownAt(phase))
  }

  isKnownAt(phase: Phase): boolean {
    return this.tooEarlyAt(phase) === undefined
  }

  /** What it mentions that is not known then. */
  tooEarlyAt(phase: Phase): Mention | undefined {
    return this.mentions.find(({ since }) => phases.indexOf(since) > phases.indexOf(phase) || isPast(since, phase))
  }

  /** Whether it is true of a case. Throws when it cannot be said: a field is absent, a number is divided by zero. */
  holds(known: Everything, facts: Readonly<Record<string, unknown>>): boolean {
    const values = new Values(this.#language.classes)
    const context: Record<string, unknown> = {}
    for (const { name, shape, read } of this.#variables) context[name] = values.of(shape, read(known), name)
    const record = values.empty('facts')
    for (const [name, { shape }] of this.#facts) record[name] = values.of(shape, facts[name], `facts.${name}`)
    context.facts = record
    return this.#language.run(this.#meaning.understood, () => this.#judge(context)) === true
  }
}

/** A recipient is one at RCPT; when the message comes there are several, and none of them alone is known. */
function isPast(since: Phase, phase: Phase): boolean {
  return since === 'rcpt' && phase === 'message'
}

interface Parsed {
  readonly tree: Tree
  readonly judge: (context: object) => unknown
  /** Throws a `Fault` when the types do not go together. */
  readonly check: () => void
}

function parse(text: string, { environment }: Language): Parsed {
  try {
    const parsed = environment.parse(text)
    return { tree: parsed.ast, judge: parsed, check: () => checkTypes(parsed.check(), text) }
  } catch (error) {
    throw faultIn(error, text)
  }
}

function checkTypes(result: { readonly valid: boolean; readonly type?: string; readonly error?: Error }, text: string): void {
  if (!result.valid) throw faultIn(result.error, text)
  if (result.type === 'bool') return
  throw new Fault({ offset: 0, expected: 'an expression that is true or false', found: `one that is ${result.type}` })
}
