/**
 * What the id of a plain payment on Stellar must be, worked out apart from this code (SHA-256 over hand-packed bytes). Indexer and bridge compute
 * it independently and are tested against this.
 */
const passphrase = 'Causeway Local Network ; 2026'
const ref = '0x4327eb248f0e51342aaf0244aca6073e833ae31f7d32b9615769542acb49cde8' as const
const issuer = 'GDJF4ECGWDOM2FCYLWLQJSBHP4QXFPB2C7DMYSEJOYZWF2ZT42U5WVJD'
const hot = 'GADOYSPBDLP2MAO25CKAY443EZGCA4RFZXGNS3I4DQAU3E2YADPCMUAE'
const payer = 'GC34BP6UWIIDSYTIPNKV4AQO3YUVINTTHE774CGE5POVSFA7X7XZOAGW'

/** In an asset of four letters, in one of eight, and in lumens. Amounts in units of 10⁻⁷. */
export const paymentVectors = [
  {
    payment: { passphrase, ref, token: `USDC:${issuer}`, amount: 1_002_500_000n, payer, hot },
    paymentId: '0xe885c6ba3877dcd773c63a3d0355a4264376ae4dd458d8fb00a3056eda005739',
  },
  {
    payment: { passphrase, ref, token: `EUROLONG:${issuer}`, amount: 1n, payer, hot },
    paymentId: '0x55e11bd00683191ae2fea0857c4c37eedc0e4c7f81ca0442251b5c984b394f83',
  },
  {
    payment: { passphrase, ref, token: 'native', amount: 7n, payer, hot },
    paymentId: '0x2c3539e844b714c5e99dae5fc49e045a6176171785e6f65339b1d21c192a7532',
  },
] as const
