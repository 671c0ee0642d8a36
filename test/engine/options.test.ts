import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressList, domainList, networkList, z } from 'postern'

const options = z.strictObject({ clients: networkList, domains: domainList, senders: addressList })

/** Where the mistakes are, and what was expected there. */
function mistakes(input: unknown): string[] {
  return options.safeParse(input).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
}

describe('the lists among options', () => {
  it('are empty by default', () => {
    const { clients, domains, senders } = options.parse({})
    assert.deepEqual([clients.find('192.0.2.1'), domains.find('example.org'), senders.size], [undefined, undefined, 0])
  })

  it('bring their entries into one form', () => {
    const { domains, senders } = options.parse({ domains: ['Bücher.example', '*.Example.ORG'], senders: ['Alice@Example.org'] })
    assert.equal(domains.find('xn--bcher-kva.example'), 'xn--bcher-kva.example')
    assert.equal(domains.find('www.example.org'), '*.example.org')
    assert.ok(senders.has('alice@example.org'))
  })

  it('report each mistake where it stands', () => {
    assert.deepEqual(mistakes({ clients: ['192.0.2.1', '192.0.2.0/33', '010.0.0.1'] }), [
      'clients.1: expected an address, or a network such as 192.0.2.0/24',
      'clients.2: expected an address, or a network such as 192.0.2.0/24',
    ])
    assert.deepEqual(
      mistakes({
        domains: ['*example.org', '[192.0.2.1]', '198.51.100', '192.0.2.1-192.0.2.9'],
        senders: ['example.org', '*@example.org'],
      }),
      [
        'domains.0: expected a domain, or *.example.org for every name below it',
        'domains.1: expected a domain, or *.example.org for every name below it',
        'domains.2: expected a domain, or *.example.org for every name below it',
        'domains.3: expected a domain, or *.example.org for every name below it',
        'senders.0: expected an address such as alice@example.org',
        'senders.1: expected an address such as alice@example.org',
      ],
    )
  })
})
