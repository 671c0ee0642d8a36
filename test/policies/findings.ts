import type { ArcFinding, DkimFinding, DmarcFinding, HeadersFinding, ReverseDnsFinding, SpfFinding } from 'postern/facts'

// What the facts usually find, for tests that care about a little of it.

export const spf = (result: SpfFinding['result'], domain = 'sender.example'): SpfFinding => ({
  result,
  domain,
  identity: 'mailfrom',
})

export const signedBy = (domain: string, result: DkimFinding['result'] = 'pass'): DkimFinding => ({
  result,
  domain,
  selector: 's',
  algorithm: 'rsa-sha256',
  begins: 'abcdefgh',
})

export const dmarc = (result: DmarcFinding['result'], policy: DmarcFinding['policy'] = 'none'): DmarcFinding => ({
  result,
  policy,
  domain: 'sender.example',
  alignedBy: result === 'pass' ? ['dkim'] : [],
})

export const confirmed = (name: string): ReverseDnsFinding => ({ status: 'confirmed', name, names: [name] })
export const nameless: ReverseDnsFinding = { status: 'none', names: [] }
export const noArc: ArcFinding = { result: 'none', sets: [] }

export const header = (changes: Partial<HeadersFinding> = {}): HeadersFinding => ({
  fromFields: 1,
  authors: [{ local: 'alice', domain: 'sender.example' }],
  isFromAmbiguous: false,
  namesSender: false,
  date: '1970-01-01T00:00:00.000Z',
  messageId: '<1@sender.example>',
  answers: [],
  addressees: ['bob@our.example'],
  receivedBy: [],
  hops: 0,
  fields: 5,
  ...changes,
})
