import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readProxyHeader } from '../../src/smtp/proxy-header.ts'

const signature = '0d0a0d0a000d0a515549540a'

function version2(command: string, family: string, rest: string, length = rest.length / 2): Buffer {
  return Buffer.from(`${signature}${command}${family}${length.toString(16).padStart(4, '0')}${rest}`, 'hex')
}

const ipv4 = 'c0000201' + 'c6336401' + 'dc04' + '0019'
const ipv6 = '20010db8000000000000000000000001' + '20010db8000000000000000000000002' + 'dc04' + '0019'

const good: [string, Buffer, object][] = [
  ['TCP4', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\n'), { ip: '192.0.2.1', port: 56324 }],
  ['TCP6', Buffer.from('PROXY TCP6 2001:DB8::1 2001:db8::2 56324 25\r\n'), { ip: '2001:db8::1', port: 56324 }],
  ['mapped', Buffer.from('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 25\r\n'), { ip: '192.0.2.1', port: 1 }],
  ['version 2, IPv4', version2('21', '11', ipv4), { ip: '192.0.2.1', port: 56324 }],
  ['version 2, IPv6', version2('21', '21', ipv6), { ip: '2001:db8::1', port: 56324 }],
  ['version 2 with TLVs', version2('21', '11', `${ipv4}04000300000003000401020304`), { ip: '192.0.2.1', port: 56324 }],
]

const local: [string, Buffer][] = [
  ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n')],
  ['UNKNOWN with addresses', Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n')],
  ['LOCAL', version2('20', '00', '')],
  ['LOCAL with addresses', version2('20', '11', ipv4)],
  ['unspecified family', version2('21', '00', '010203')],
]

const broken: [string, Buffer][] = [
  ['an SMTP command', Buffer.from('EHLO mail.example.org\r\n')],
  ['lower case', Buffer.from('proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n')],
  ['a name for an address', Buffer.from('PROXY TCP4 localhost 198.51.100.1 1 2\r\n')],
  ['the other family', Buffer.from('PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n')],
  ['an octal port', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 010 2\r\n')],
  ['a port too high', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n')],
  ['a missing port', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n')],
  ['too many fields', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n')],
  ['a line without end', Buffer.from(`PROXY ${'x'.repeat(101)}`)],
  ['version 1 in version 2', version2('11', '11', ipv4)],
  ['an unknown command', version2('22', '11', ipv4)],
  ['UDP', version2('21', '12', ipv4)],
  ['a unix socket', version2('21', '31', '00'.repeat(216))],
  ['too few address bytes', version2('21', '11', ipv4.slice(2))],
  ['a TLV longer than the rest', version2('21', '11', `${ipv4}04000501`)],
  ['a TLV cut short', version2('21', '11', `${ipv4}0400`)],
  ['a length beyond 536 bytes', version2('21', '11', '', 600)],
]

describe('PROXY header', () => {
  for (const [name, bytes, client] of good) {
    it(`tells the client: ${name}`, () => {
      assert.deepEqual(readProxyHeader(Buffer.concat([bytes, Buffer.from('EHLO x\r\n')])), { length: bytes.length, client })
    })
  }

  for (const [name, bytes] of local) {
    it(`is the proxy itself: ${name}`, () => assert.deepEqual(readProxyHeader(bytes), { length: bytes.length }))
  }

  for (const [name, bytes] of broken) {
    it(`is refused: ${name}`, () => assert.equal(readProxyHeader(bytes), 'broken'))
  }

  it('waits for the rest, wherever it is cut', () => {
    for (const [, bytes] of [...good, ...local]) {
      for (let length = 0; length < bytes.length; length++) {
        assert.equal(readProxyHeader(bytes.subarray(0, length)), 'incomplete')
      }
    }
  })

  it('never throws, and never reads beyond its end', () => {
    const start = fc.constantFrom(...good.map(([, bytes]) => bytes), Buffer.from(signature, 'hex'), Buffer.from('PROXY TCP4 '))
    fc.assert(
      fc.property(start, fc.nat(60), fc.uint8Array({ maxLength: 80 }), (bytes, keep, tail) => {
        const whole = Buffer.concat([bytes.subarray(0, keep), tail])
        const reading = readProxyHeader(whole)
        if (typeof reading === 'object') assert.ok(reading.length <= whole.length)
      }),
    )
  })
})
