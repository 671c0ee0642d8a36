/** An id as a person gives it. */
export interface GivenId {
  /** In capitals; of the session alone, when no transaction is named. */
  readonly id: string
  readonly isSession: boolean
}

/**
 * Reads an id as it stands in a reply, `[1N3Z8QK4F00A.1]`, in any case, with or without its brackets. What was heard on a
 * telephone, or read from paper, may have the letters that ids do without.
 */
export function parseId(text: string): GivenId | undefined {
  const id = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  const match = /^[0-9A-HJKMNP-TV-Z]{12}(\.\d{1,9})?$/.exec(id)
  return match ? { id, isSession: match[1] === undefined } : undefined
}

export const idExpected = 'expected an id such as 1N3Z8QK4F00A.1, as it stands in a reply or in the log'
