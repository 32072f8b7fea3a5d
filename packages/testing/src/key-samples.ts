// Keys made with the stock ssh-keygen for known-answer tests: public line, private file plain and encrypted (one bcrypt
// round), fingerprints, randomart and signature blobs. They guard nothing; anyone may know them.

export interface KeySample {
  readonly name: string;
  readonly bits: number;
  readonly publicLine: string;
  readonly privateFile: string;
  readonly encryptedFile: string;
  readonly sha256: string;
  readonly md5: string;
  /** As `ssh-keygen -lv` prints it. */
  readonly randomart: readonly string[];
  /** Signature blobs over `signedData`, in base64. */
  readonly signatures: readonly { readonly algorithm: string; readonly blob: string }[];
}

export const samplePassphrase = 'open sesame';
/** What every signature of the samples is over. */
export const signedDataBase64 = joined([
  'U1NIU0lHAAAABnNhbXBsZQAAAAAAAAAGc2hhNTEyAAAAQDXWVeHHuoQZ/rBRDf/JU8Nuh7XDXean0DIRiXoNTjUlFWJiX7cfuinq',
  '0UU78oZdAP9mjw+YAxg2eyMD+Bw6eiY=',
]);

export const keySamples: readonly KeySample[] = [
  {
    name: 'ed25519',
    bits: 256,
    publicLine: joined([
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIPuoA6uhB2dp48uaDZ33slxkefDhLBV15DvMegMsdL8 sample of ed25519',
    ]),
    privateFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW',
      'QyNTUxOQAAACCD7qAOroQdnaePLmg2d97JcZHnw4SwVdeQ7zHoDLHS/AAAAJgbFkyeGxZM',
      'ngAAAAtzc2gtZWQyNTUxOQAAACCD7qAOroQdnaePLmg2d97JcZHnw4SwVdeQ7zHoDLHS/A',
      'AAAEC1niiMZK4u5rB6BW97CK/hUaobPD59syT2e4w+VhY4SoPuoA6uhB2dp48uaDZ33slx',
      'kefDhLBV15DvMegMsdL8AAAAEXNhbXBsZSBvZiBlZDI1NTE5AQIDBA==',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    encryptedFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABC/0QO1sU',
      'OstQ0XuWX/s8AnAAAAAQAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIIPuoA6uhB2dp48u',
      'aDZ33slxkefDhLBV15DvMegMsdL8AAAAoOL4S93GLCQmwF1z95bZPY4w2Ty3vPYtJwJd73',
      'KYzEGE/1hUJq4kGaV+442uZSp4SVtbZWIvfV81RPiuuGkXBv8u2bZkt9IYUcE5uxKmWDr6',
      'BMIVvpvzqAUjDCSzKZdtE0xq97OPrf49c/zMPNdLG4Q8dguhmo3XdB2VQaP7vFnKPQxgEs',
      'Lt89q11JkkjOSLO7ODry+oH8WM7I3Sz0V3qIc=',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    sha256: 'SHA256:OFS9H1Thra4o1suB4p5SU4CYrvEm5DhDgdhFrMyrAEg',
    md5: 'MD5:de:d7:4d:4f:30:2d:34:6d:db:df:be:cc:e7:3e:e7:93',
    randomart: [
      '+--[ED25519 256]--+',
      '|o. *o.  ..   .o. |',
      '|oE+ o ..  . .. . |',
      '|o+..  ..   o  . .|',
      '|+o=  . .. . .  . |',
      '|*+ .  o.S  . ..  |',
      '|B.+   o. .  ..   |',
      '|.*   ......   .  |',
      '|.   .. oo..o .   |',
      '|     o+. .+..    |',
      '+----[SHA256]-----+',
    ],
    signatures: [
      {
        algorithm: 'ssh-ed25519',
        blob: joined([
          'AAAAC3NzaC1lZDI1NTE5AAAAQKE0445AxJsTMTjb8VmP1dwfIGtKS4HTuImIVuR8RLAXPKve8O1fVbszaiCEzmTVDDBDEISvxAsQ',
          '/5DSaCZLRQY=',
        ]),
      },
    ],
  },
  {
    name: 'ecdsa256',
    bits: 256,
    publicLine: joined([
      'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKDsq/dBuHLxaamNTzNBoznCzM0Z',
      'kcpdh0sY/e3bVtlRJ8NXsfnWZ6Jl86zG9BPHD85LINuw+i/k3caqpWDfFsM= sample of ecdsa256',
    ]),
    privateFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS',
      '1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQSg7Kv3Qbhy8WmpjU8zQaM5wszNGZHK',
      'XYdLGP3t21bZUSfDV7H51meiZfOsxvQTxw/OSyDbsPov5N3GqqVg3xbDAAAAsOO60oLjut',
      'KCAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKDsq/dBuHLxaamN',
      'TzNBoznCzM0Zkcpdh0sY/e3bVtlRJ8NXsfnWZ6Jl86zG9BPHD85LINuw+i/k3caqpWDfFs',
      'MAAAAhANVxlbOy/kS+PJSamdO0mC9ZuWhdYrpLZAbGZD3ZzP87AAAAEnNhbXBsZSBvZiBl',
      'Y2RzYTI1NgECAwQF',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    encryptedFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABBUUeR52J',
      'XQ8epJcca2DHI8AAAAAQAAAAEAAABoAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlz',
      'dHAyNTYAAABBBKDsq/dBuHLxaamNTzNBoznCzM0Zkcpdh0sY/e3bVtlRJ8NXsfnWZ6Jl86',
      'zG9BPHD85LINuw+i/k3caqpWDfFsMAAACwVMCnIGSqu3pzaRp+0U9gx4mLqxFcrSiOd0g6',
      'xM+g/jVamMtZ/HlPNO3qBM6J0OWRyJRJhcz4EQ/AncXvbTJ6TjDQbbUiOL7U3gHDpxzEgO',
      'NDhv3SZ7AjwaT0W3AwUu6wtvKCZcHUFm1vyhCyoiFIXQHGn2mZUiyUU8dHR7gvc9Pt6LkC',
      'KJjVAibDoo+tpaQp1vTsAweNt6I+xZI6kk7r2+G4nuTpNhuzCiMEr/yH7xM=',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    sha256: 'SHA256:35qiqA1UyBD/9kTebc7mqv28iuTWUdIMom/JullunpE',
    md5: 'MD5:26:e7:18:a1:91:f5:ce:4b:12:b1:6b:c1:85:b9:99:3d',
    randomart: [
      '+---[ECDSA 256]---+',
      '|o.               |',
      '| + .  . .        |',
      '|  + .... +       |',
      '|   o.o ...+      |',
      '|  . ooo.Soo      |',
      '| . . o=..= .     |',
      '|  .  oE. .= .    |',
      '|   o.Bo=o+ o     |',
      '|  ..==Oo+=B.     |',
      '+----[SHA256]-----+',
    ],
    signatures: [
      {
        algorithm: 'ecdsa-sha2-nistp256',
        blob: joined([
          'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAABJAAAAIQDFe3hmm5icKkWiBWNNZbA5xI023W9/zFvfeMNdBkPaGAAAACANpwMRwrUU',
          'tIKP47Fp6m6LOVG1lzy2Epl3/0TbvUlYVw==',
        ]),
      },
    ],
  },
  {
    name: 'ecdsa384',
    bits: 384,
    publicLine: joined([
      'ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBOOC1vYi2mpjZSGPnWYGEa6Vu+wG',
      'YhkNwDe0e88nmksIS6BxUUf3F98p6qigKrGhJdOeghozEGVMDToJ6rlFzxP09APmBEWkhBXlyRuS9xA5pI3ShdxM8xZyAuREm81i',
      'tw== sample of ecdsa384',
    ]),
    privateFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAiAAAABNlY2RzYS',
      '1zaGEyLW5pc3RwMzg0AAAACG5pc3RwMzg0AAAAYQTjgtb2ItpqY2Uhj51mBhGulbvsBmIZ',
      'DcA3tHvPJ5pLCEugcVFH9xffKeqooCqxoSXTnoIaMxBlTA06Ceq5Rc8T9PQD5gRFpIQV5c',
      'kbkvcQOaSN0oXcTPMWcgLkRJvNYrcAAADgH08bBx9PGwcAAAATZWNkc2Etc2hhMi1uaXN0',
      'cDM4NAAAAAhuaXN0cDM4NAAAAGEE44LW9iLaamNlIY+dZgYRrpW77AZiGQ3AN7R7zyeaSw',
      'hLoHFRR/cX3ynqqKAqsaEl056CGjMQZUwNOgnquUXPE/T0A+YERaSEFeXJG5L3EDmkjdKF',
      '3EzzFnIC5ESbzWK3AAAAMQDMCAlLulmkpfUEJYdvMXRMqlzDb2E617PJaFJZHGULGlIc3s',
      '2ypk/Z2U5ld5oTybUAAAASc2FtcGxlIG9mIGVjZHNhMzg0AQIDBAU=',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    encryptedFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABApp1yP7/',
      'tfICNbNvdhLnRWAAAAAQAAAAEAAACIAAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlz',
      'dHAzODQAAABhBOOC1vYi2mpjZSGPnWYGEa6Vu+wGYhkNwDe0e88nmksIS6BxUUf3F98p6q',
      'igKrGhJdOeghozEGVMDToJ6rlFzxP09APmBEWkhBXlyRuS9xA5pI3ShdxM8xZyAuREm81i',
      'twAAAODZTZapgwn9Ac8b9CjEV53wK3xislydxpyWUGcAGb72EnovCL1+VbPRth9v/oISDk',
      'm8of2ptyyuA3wzUPgbNNmzRt7Q6foCTXDNo0vv6XNmNrf+GcoLXcDc3dlaCjE7svG1+VDN',
      'YHSQ6q23g77Qr+gD8AoeDKH9rZHAGpHVabf4KSPZeD+3taoWqV7k0JDZTKGVmx//cWOykP',
      '5YurnMnnlrXEEmIS92X6kcNyzdxK3P6Aj0GCpMw6ZdMV+3v8M/c6bv+C0Ku0mg54aRokvo',
      'U1GQLP8x0AnkaO4S9ahHlsugow==',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    sha256: 'SHA256:EkI6RQX694iHHsVG4cKNpTB1dUpHYKau+PZWebSwgNY',
    md5: 'MD5:2d:ef:a8:93:2e:b8:2a:74:67:8c:56:38:ce:9f:3d:d5',
    randomart: [
      '+---[ECDSA 384]---+',
      '|  oo*o=.*o+      |',
      '|   O B * +       |',
      '|  + *o* .        |',
      '|   oo*E.. .      |',
      '|   .. B.S= .     |',
      '|   . B ++ o      |',
      '|  . = o...       |',
      '|   o.o.          |',
      '|   .oo.          |',
      '+----[SHA256]-----+',
    ],
    signatures: [
      {
        algorithm: 'ecdsa-sha2-nistp384',
        blob: joined([
          'AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAABoAAAAMEiUDEMRfl6xCpHkj2vjTmEELLSAJulH+7PZn7Efr90vo6QHiVwdC+dHVJII',
          'ApcpJwAAADBoDeCWVLPDMymJNaw/lCb9JGYW4osh13yrugaexoIb6l/aJnJ7kiJp0ADoMRGZi+k=',
        ]),
      },
    ],
  },
  {
    name: 'ecdsa521',
    bits: 521,
    publicLine: joined([
      'ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAH9iwJq3qOq2c0mqD8Gj2Fpq4/m',
      'wNnFWb0Nll3HckTH0PbSIuPvnVjHOYNQjy+Zk1dlUHW2KnXUZrHZ9l+mYaV+bQDRMpsjkFuTy7BaSf+oVb8yj6hlM0jw5gkFWUyb',
      'QwNPfDUhbA4pKFBe97n2/LlxWdqSUrJ6emGM+28eJ/TiZMtsSw== sample of ecdsa521',
    ]),
    privateFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAArAAAABNlY2RzYS',
      '1zaGEyLW5pc3RwNTIxAAAACG5pc3RwNTIxAAAAhQQB/YsCat6jqtnNJqg/Bo9haauP5sDZ',
      'xVm9DZZdx3JEx9D20iLj751YxzmDUI8vmZNXZVB1tip11Gax2fZfpmGlfm0A0TKbI5Bbk8',
      'uwWkn/qFW/Mo+oZTNI8OYJBVlMm0MDT3w1IWwOKShQXve59vy5cVnaklKyenphjPtvHif0',
      '4mTLbEsAAAEQVetVW1XrVVsAAAATZWNkc2Etc2hhMi1uaXN0cDUyMQAAAAhuaXN0cDUyMQ',
      'AAAIUEAf2LAmreo6rZzSaoPwaPYWmrj+bA2cVZvQ2WXcdyRMfQ9tIi4++dWMc5g1CPL5mT',
      'V2VQdbYqddRmsdn2X6ZhpX5tANEymyOQW5PLsFpJ/6hVvzKPqGUzSPDmCQVZTJtDA098NS',
      'FsDikoUF73ufb8uXFZ2pJSsnp6YYz7bx4n9OJky2xLAAAAQgEGkWirHWNSkGm8hUj3vXmX',
      'WPfKDrVjXhNKMUw7M4f9hSOmtMQlQVCBwhNM1VJUVhbHXYnYZpnDm6HGnqW0DEIocgAAAB',
      'JzYW1wbGUgb2YgZWNkc2E1MjE=',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    encryptedFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCXrrIX6J',
      'RJ2pdv9onto65FAAAAAQAAAAEAAACsAAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlz',
      'dHA1MjEAAACFBAH9iwJq3qOq2c0mqD8Gj2Fpq4/mwNnFWb0Nll3HckTH0PbSIuPvnVjHOY',
      'NQjy+Zk1dlUHW2KnXUZrHZ9l+mYaV+bQDRMpsjkFuTy7BaSf+oVb8yj6hlM0jw5gkFWUyb',
      'QwNPfDUhbA4pKFBe97n2/LlxWdqSUrJ6emGM+28eJ/TiZMtsSwAAARD8h5qccwBH/2MVux',
      'DEX7n7agxpAHLNw/RIZDlfJyBExjdKtXooYCL0OqnvY86WHijtSHer1BIsXfbRNxpHdknh',
      'uugyPsUavmAFXfdwl32erudkp0b0uckGpNtc5q/7dBJeYH2umSNgoUXlF7RMm5rX5vOI/F',
      '0yda0hOTQRE8ebrw2ytcKcF6Spve1DozGnAHKqRXcVhFXlD7KQcpxiFhlFFrClrS9NXso6',
      'RaSw2hGwrnIyqJ7GAcgzk3eVrBI21lJ36duExkEeXb1/d3/qWOUM3f42VcFlY5D+lX2CRT',
      'uqhi96mC1awgI+OHaC2cQTuNQjYzULpTwTfqxql3oUkiWs3Ul9WDC5H7jTeIexeAU4Cg==',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    sha256: 'SHA256:rgyn+DhfrDNkRQtQJ2bvjRJfKYvuC1BlbndsITH8uIY',
    md5: 'MD5:01:e8:59:41:2d:51:ad:55:15:13:df:32:5c:8a:5c:d9',
    randomart: [
      '+---[ECDSA 521]---+',
      '|  .oB.=..        |',
      '|   *.+o+ o       |',
      '|  . +o++*        |',
      '| . . *+O.        |',
      '|.   oo=.S        |',
      '| . .Eoo.         |',
      '|  .oo.+ .        |',
      '|  .=oB .         |',
      '|  o+B+o          |',
      '+----[SHA256]-----+',
    ],
    signatures: [
      {
        algorithm: 'ecdsa-sha2-nistp521',
        blob: joined([
          'AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAACLAAAAQTyawVP3vS/ppD/NFUMleTIqcFI2G2iEjatGBhKlraf3my1/APH1T8WYHA36',
          '9W7SmHML5WOq5oaDINKVMCFV3bDJAAAAQgDKm+MqfVvhtqE531WT3Z58if3oYUVlTDJssgLZ0WdrZWLc/dw1orQhGkA+AH0dIcmd',
          'YE0FpGh7vEyVfYzuLe65xQ==',
        ]),
      },
    ],
  },
  {
    name: 'rsa1024',
    bits: 1024,
    publicLine: joined([
      'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGSODrxta39Kh44UdGYRDp/L7PgIyBWgt02Cb3mTkiU8C8KFk/llTa7dlBWY7B',
      'ES3zbf9HEbHFxONkTuf6BnWMkKAnSSj2CEh8K0o/LSAwO0z9rqU51sk5sV2LaniWAf19v2o+KPbQV9rMbsyOe+AEBGtFuRNg5qQa',
      'xD0aNLWAkQ== sample of rsa1024',
    ]),
    privateFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAlwAAAAdzc2gtcn',
      'NhAAAAAwEAAQAAAIEAxkjg68bWt/SoeOFHRmEQ6fy+z4CMgVoLdNgm95k5IlPAvChZP5ZU',
      '2u3ZQVmOwREt823/RxGxxcTjZE7n+gZ1jJCgJ0ko9ghIfCtKPy0gMDtM/a6lOdbJObFdi2',
      'p4lgH9fb9qPij20FfazG7MjnvgBARrRbkTYOakGsQ9GjS1gJEAAAII8myhePJsoXgAAAAH',
      'c3NoLXJzYQAAAIEAxkjg68bWt/SoeOFHRmEQ6fy+z4CMgVoLdNgm95k5IlPAvChZP5ZU2u',
      '3ZQVmOwREt823/RxGxxcTjZE7n+gZ1jJCgJ0ko9ghIfCtKPy0gMDtM/a6lOdbJObFdi2p4',
      'lgH9fb9qPij20FfazG7MjnvgBARrRbkTYOakGsQ9GjS1gJEAAAADAQABAAAAgQCVST1+hq',
      'AWs+87w3DkPiR75rzKgaBHq0HA4RTFiekIPUJ452/6ffa5NiZCG2ltVr/f7UsreNj9a3VA',
      'imABUGei7yJgEVg7mAZF+JMzhS1jXOWFKho3OsW7UmNRwWqfnF8ADXmaZ+koStbddz6NYB',
      'kSQkg/+Z6oOteUosiF7HR0mQAAAEBQMiA3nZamlXGJ+TH1LTkZQ62/09hkFyTNH2rNtw/7',
      '4cxBvVeAWbIOTc0SYpA1863gTfdUXswasc2biYSuHQVtAAAAQQDw8tN6gQehwa2yr5/qN8',
      '9iHPJy9mptPtK5eTa+O3pT4ntIsHFZTr/QUbJdlg1NhCZA5cVvoqsZfRrZb/KBvMlTAAAA',
      'QQDSq8kQU+BUG+BLK1qTtItsAufR5addMAL1XflwNVdUavLK7u26Za9HxqdqhhmWrAtHV7',
      'VChrWQuGNn3S7lNn4LAAAAEXNhbXBsZSBvZiByc2ExMDI0AQ==',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    encryptedFile: text([
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCCrlNQQ7',
      'WjMJuu6PNDkp5UAAAAAQAAAAEAAACXAAAAB3NzaC1yc2EAAAADAQABAAAAgQDGSODrxta3',
      '9Kh44UdGYRDp/L7PgIyBWgt02Cb3mTkiU8C8KFk/llTa7dlBWY7BES3zbf9HEbHFxONkTu',
      'f6BnWMkKAnSSj2CEh8K0o/LSAwO0z9rqU51sk5sV2LaniWAf19v2o+KPbQV9rMbsyOe+AE',
      'BGtFuRNg5qQaxD0aNLWAkQAAAhBPGracP2fyF8RFG32ze3UYAQbYAjilicR/JzyCG8CQ4C',
      'P3tNrnt/tMYIktd+FaixjAiWGTJdml/o0Y43W1pn11NPmgFCh52kLmVc+ncI6pwwwqOtBq',
      '3jnMyTKpDRDujMvMBnS+cIcb5UTxm1nUzkmzugPOqZQXZZLal2rgvANY2OmAa6Pp09B7u0',
      'U2RY7df0OUqEz5YFZBY0R191t8KvObc87ascBtVwPKBBgkCwnrH6uini0sqCVmK4Zs9MxH',
      'TtATLM5zI6EeNiAjMDZZbpg4a/g7MyelC3e/ruE9yS9JWtkob60ELvuE//TRVMjUbI/34D',
      'Ms9B34MnY38xEv0tvGzI6oWtK/Jt2BTQNHNx4vltN7aR5qs5VSX03c0kduWisLod5htRSa',
      'Rva+sF1gwm4mJrsBXHrk+G4u2Da2SuKqHYrHZBxJZh2B3eMUkBCNQMDYPEYCtZZcXz8YDe',
      'cvKvCSJbxQX5nRHuFdQ9RwvKy3vRY9EbP4txJLyzbVTu61fYOIDzgQiT0vCCZnGV5Rz250',
      '+FVOasUlM3yzo7AnWj/gkfZYU7Y450vbWyDSk8aLedE/BMuYE0pZUWgigPmpf4KIvWXGHH',
      'dGf6XAby0BxKgKbHhgJ7ph6pS2nedPh2T1gP9JTH2MgD3RD+fLemaZOBeifvZKRdqcltM/',
      'ihm9eLgagEErduMjnfDlQjfkLR3Jpw4=',
      '-----END OPENSSH PRIVATE KEY-----',
    ]),
    sha256: 'SHA256:iBpgzZS9mvPJWAHd6ux8MhqBRRk3cuCQu5RFdKf3+xE',
    md5: 'MD5:9d:e8:b7:3c:ae:51:f9:d2:02:31:a7:88:d0:17:80:22',
    randomart: [
      '+---[RSA 1024]----+',
      '| .+OB=..         |',
      '| .B==o+.         |',
      '|..+=..o.         |',
      '|.=o  =...        |',
      '|..o.* o S. E     |',
      '| . *.+    . .    |',
      '|  ..O .  . .     |',
      '|   ..O .  . .    |',
      '|   .. +    .     |',
      '+----[SHA256]-----+',
    ],
    signatures: [
      {
        algorithm: 'rsa-sha2-512',
        blob: joined([
          'AAAADHJzYS1zaGEyLTUxMgAAAIB/K4Mz+CCBKZeTIglvgFj5KumbsESp4RMqwRDbEU5Aw7CPTinFiVuZehHD0o588PyrXyirOgOX',
          'a59A0LgRwh1YG/ahx+Erh+jUEozcrm5kgauy5T+3yKZYB/ZeyTuBBVv6fH9ldLaUOrLs38CHld8VirYQuvhE7PLZXiU0i1qKWw==',
        ]),
      },
      {
        algorithm: 'rsa-sha2-256',
        blob: joined([
          'AAAADHJzYS1zaGEyLTI1NgAAAICaJBdRJJKYSWwj5SZKhmYhUestRbSLTpLo+KRhX6auW1hKT2ITa6JARmDg8s6xnetdD6jza3KZ',
          'n0cSIvwCA3hAQ7Tb0GGxNNExyaD7KYu6GpXqkzCHmMraP1F6p2tiZt2HvnPDwH7WkpMRCna9mGSBYCdLsBPeFlfGS8z1ZoaI9A==',
        ]),
      },
      {
        algorithm: 'ssh-rsa',
        blob: joined([
          'AAAAB3NzaC1yc2EAAACALnA+tFHWl4+AIGFK00x5YKEIDq3xqkZdnPGi0YhrJRp53KAr1z3chTy1B5xv4j3y0KNWpbKzs5maGEAP',
          'nEzo4D9VkPp1cHqwVtY+gMW/p2WmCeC1HBlRnKbwBbQYC5eLHZLPiZAF0GskZQjrFJ1rpKuEAaR3dKZgXuCzXph+ckM=',
        ]),
      },
    ],
  },
];

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function joined(pieces: readonly string[]): string {
  return pieces.join('');
}
