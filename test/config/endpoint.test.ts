import assert from 'node:assert/strict'
import { it } from 'node:test'
import { formatEndpoint, parseEndpoint } from '../../src/config/endpoint.ts'

it('an address and its port are read as they are written', () => {
  for (const text of ['192.0.2.1:25', '[2001:db8::1]:465', '[::]:25', 'localhost:0', 'mx.example.org:65535']) {
    const endpoint = parseEndpoint(text)
    assert.equal(endpoint && formatEndpoint(endpoint), text)
  }
})

it('what is no address with a port is none', () => {
  const wrong = [
    '25',
    ':25',
    '192.0.2.1',
    '192.0.2.300:25',
    '::1:25',
    '[192.0.2.1]:25',
    '[::1]',
    'a b:25',
    'a:65536',
    'a:-1',
    'a:25 ',
  ]
  for (const text of wrong) assert.equal(parseEndpoint(text), undefined, text)
})
