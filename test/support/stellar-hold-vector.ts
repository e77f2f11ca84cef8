/**
 * What the id of a hold on Stellar must be, worked out apart from this code (SHA-256 over hand-packed bytes). Indexer and bridge compute it
 * independently and are tested against this.
 */
const passphrase = 'Causeway Local Network ; 2026'
const ref = '0x4327eb248f0e51342aaf0244aca6073e833ae31f7d32b9615769542acb49cde8' as const
const issuer = 'GDJF4ECGWDOM2FCYLWLQJSBHP4QXFPB2C7DMYSEJOYZWF2ZT42U5WVJD'
const treasury = 'GADOYSPBDLP2MAO25CKAY443EZGCA4RFZXGNS3I4DQAU3E2YADPCMUAE'
const cold = 'GC34BP6UWIIDSYTIPNKV4AQO3YUVINTTHE774CGE5POVSFA7X7XZOAGW'

/**
 * One of the treasury in a four-letter asset, one of the issuer in an eight-letter asset, and a customer's deposit, whose two sides are the
 * treasury and himself. Amounts in units of 10⁻⁷, times in Unix seconds.
 */
export const holdVectors = [
  {
    hold: {
      ...{ passphrase, ref, token: `USDC:${issuer}`, amount: 1_002_500_000n },
      ...{ payer: treasury, hot: treasury, cold, refundAfter: 1_900_000_000n },
    },
    escrowId: '0x5e6bc523a29c33103e7b3cb262f1737b6851b0526e50cbc472fa75e19fe2849b',
  },
  {
    hold: {
      ...{ passphrase, ref, token: `EUROLONG:${issuer}`, amount: 1n },
      ...{ payer: issuer, hot: treasury, cold, refundAfter: 1_900_000_001n },
    },
    escrowId: '0x8abf879d6a858a11025981fcdde4acc7f95189e1e14613aa3d3435942610ead0',
  },
  {
    hold: {
      ...{ passphrase, ref, token: `USDC:${issuer}`, amount: 1_002_500_000n },
      ...{ payer: cold, hot: treasury, cold, refundAfter: 1_900_000_000n },
    },
    escrowId: '0x63420617e9f5e055c9497a34f3dd1a61e5e465dc423e4a1ce4c1345075f242b4',
  },
] as const
