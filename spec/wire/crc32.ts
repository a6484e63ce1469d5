/**
 * CRC-32 (IEEE 802.3, reflected, as in zlib): finds every error of up to 32 bits in a row, and so every byte that
 * was changed and, with the length that gRPC keeps, all but one in 2^32 of the other ways in which a frame can break.
 */

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let remainder = index;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  return remainder >>> 0;
});

/** The checksum of the first `length` bytes, as an unsigned 32-bit number. @internal */
export function crc32(bytes: Uint8Array, length = bytes.length): number {
  let remainder = 0xffffffff;
  for (let i = 0; i < length; i++) remainder = (remainder >>> 8) ^ TABLE[(remainder ^ bytes[i]!) & 0xff]!;
  return (remainder ^ 0xffffffff) >>> 0;
}
