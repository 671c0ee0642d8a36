import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Client } from './dialogue.ts'
import { openEdge, tlsFiles } from './edge.ts'
import { certificateName, secured } from './tls-client.ts'

const renewed = {
  cert: tlsFiles.cert.replace('test-only', 'test-only-renewed'),
  key: tlsFiles.key.replace('test-only', 'test-only-renewed'),
}

describe('certificate', () => {
  it('uses a new certificate when its files change, and keeps the old one when the new one is broken', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'postern-tls-'))
    const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
    try {
      await copyFile(tlsFiles.cert, files.cert)
      await copyFile(tlsFiles.key, files.key)
      await using edge = await openEdge({ tls: files, listeners: [{}, { tls: 'implicit' }] })
      const before = await secured(edge.port)
      assert.equal(certificateName(before), 'mx.example.org')

      await writeFile(files.cert, 'not a certificate')
      await edge.server.reloadCertificate()
      assert.equal(edge.log.at(-1)?.level, 'error')
      assert.equal(certificateName(await secured(edge.port)), 'mx.example.org')

      await copyFile(renewed.cert, files.cert)
      await edge.server.reloadCertificate()
      assert.equal(edge.log.at(-1)?.level, 'error', 'the key is still that of the old one')

      await copyFile(renewed.key, files.key)
      await edge.server.reloadCertificate()
      assert.equal(certificateName(await secured(edge.port)), 'renewed.example.org')
      assert.equal(certificateName(await Client.connectTls(edge.ports[1] ?? 0)), 'renewed.example.org')
      await before.accepted('EHLO client.example')
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('looks by itself whether the certificate has changed', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'postern-tls-'))
    const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
    try {
      await copyFile(tlsFiles.cert, files.cert)
      await copyFile(tlsFiles.key, files.key)
      await using edge = await openEdge({ tls: files, certificateCheckMs: 5 })
      await copyFile(renewed.key, files.key)
      await copyFile(renewed.cert, files.cert)
      while (certificateName(await secured(edge.port)) !== 'renewed.example.org') await new Promise(setImmediate)
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('does not start with a certificate that cannot be used', async () => {
    await assert.rejects(openEdge({ tls: { cert: tlsFiles.cert, key: renewed.key } }))
    await assert.rejects(openEdge({ tls: { cert: tlsFiles.cert, key: '/nowhere/key.pem' } }), /ENOENT/)
    await assert.rejects(openEdge({ listeners: [{ tls: 'implicit' }] }), /needs a certificate/)
  })
})
