import { Environment } from '@marcbachmann/cel-js'
import type { Fact } from '../engine/fact.ts'
import type { Understood } from './functions.ts'
import { limits } from './limits.ts'
import type { Vocabulary } from './meaning.ts'
import type { RecordShape, Shape } from './shape.ts'
import type { CelRecord } from './value.ts'
import { factsShape, nameFacts, variables } from './vocabulary.ts'

/** CEL with the words of mail: what expressions are checked with, and judge by. It is made once. */
export class Language {
  readonly vocabulary: Vocabulary
  readonly classes = new Map<string, CelRecord>()
  readonly environment = new Environment({
    limits: {
      maxAstNodes: limits.nodes,
      maxDepth: limits.depth,
      maxListElements: limits.listElements,
      maxMapEntries: 1,
      maxCallArguments: 2,
    },
  })
  /** What the expression that is being looked at has understood: it is looked at without a pause. */
  #understood: Understood | undefined

  constructor(facts: readonly Fact[]) {
    const named = nameFacts(facts)
    const shape = factsShape(named)
    this.vocabulary = { facts: named, factsShape: shape, variables: new Map(variables.map(each => [each.name, each])) }
    for (const { name, shape } of variables) this.environment.registerVariable(name, this.#typeOf(shape))
    this.environment.registerVariable('facts', this.#typeOf(shape))
    this.#offer('regex', (text, pattern, understood) => understood.search(text, pattern))
    this.#offer('inNetwork', (text, network, understood) => understood.isInNetwork(text, network))
    this.#offer('inDomain', (text, domain, understood) => understood.isInDomain(text, domain))
  }

  /** Judges with what one expression has understood. */
  run<T>(understood: Understood, judge: () => T): T {
    this.#understood = understood
    understood.begin()
    try {
      return judge()
    } finally {
      this.#understood = undefined
    }
  }

  #offer(name: string, say: (text: string, argument: string, understood: Understood) => boolean): void {
    const handler = (text: string, argument: string) => {
      if (!this.#understood) throw new Error('No expression is being looked at')
      return say(text, argument, this.#understood)
    }
    this.environment.registerFunction(`string.${name}(string): bool`, handler, { async: false })
  }

  /** The name that CEL has for what has this shape; records are made known to it. */
  #typeOf(shape: Shape): string {
    switch (shape.kind) {
      case 'text':
        return 'string'
      case 'whole':
        return 'int'
      case 'number':
        return 'double'
      case 'boolean':
        return 'bool'
      case 'list':
        return `list<${this.#typeOf(shape.of)}>`
      case 'record':
        return this.#recordType(shape)
    }
  }

  #recordType({ name, fields }: RecordShape): string {
    const types = [...fields].map(([key, { shape }]) => [key, this.#typeOf(shape)])
    const Class = class {} as CelRecord
    this.classes.set(name, Class)
    this.environment.registerType(name, { ctor: Class, fields: Object.fromEntries(types) })
    return name
  }
}
