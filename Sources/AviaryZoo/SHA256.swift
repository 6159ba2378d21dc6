import CCrypto
import Foundation

/// SHA-256 (FIPS 180-4) of bytes that come in pieces, computed by OpenSSL's libcrypto.
///
/// A system library, because the Swift package that does the same compiles 400 C files in every clean build.
package final class SHA256 {
  /// `nil` where the system had no memory; the digest is then empty and equals none.
  private let context: OpaquePointer?

  package init() {
    context = EVP_MD_CTX_new()
    if let context { EVP_DigestInit_ex(context, EVP_sha256(), nil) }
  }

  deinit { EVP_MD_CTX_free(context) }

  package func update(bufferPointer bytes: UnsafeRawBufferPointer) {
    if let context, let base = bytes.baseAddress { EVP_DigestUpdate(context, base, bytes.count) }
  }

  package func update(data: some ContiguousBytes) {
    data.withUnsafeBytes { update(bufferPointer: $0) }
  }

  /// The 32 bytes of the digest. Call it once, last.
  package func finalize() -> [UInt8] {
    guard let context else { return [] }
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    guard EVP_DigestFinal_ex(context, &digest, &length) == 1 else { return [] }
    return Array(digest.prefix(Int(length)))
  }
}
