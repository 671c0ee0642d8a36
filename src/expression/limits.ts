/** Beyond these an expression is no line any more, or whoever sends us mail could make it costly. */
export const limits = {
  /** Of the expression itself, in characters. */
  characters: 4096,
  nodes: 300,
  depth: 24,
  listElements: 100,
  /** How many of its parts are looked at, at worst, to judge once: some tens of milliseconds. */
  steps: 1_000_000,
  /** Of all lists that an expression is given, together. More is an error of the rule. */
  elements: 4096,
  /** Of one text that a fact holds, in characters. */
  text: 64 * 1024,
  /** Of all elements times the longest text: how much is read, at worst, when a text is read for each of them. */
  reading: 4 * 1024 * 1024,
  /** What a regular expression is compiled to. */
  instructions: 500,
  /** Of all texts that are searched to judge once, times the instructions. */
  search: 16 * 1024 * 1024,
} as const
