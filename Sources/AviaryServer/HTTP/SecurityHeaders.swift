import HTTPTypes

/// Headers that every answer has: what a browser may do with it.
enum SecurityHeaders {
  private static let fields: [HTTPField] = [
    // The page takes its own files, pictures that the user gives and the camera; nothing from elsewhere, and
    // no script or style in the text.
    (
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        + "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'"
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(self), microphone=(), geolocation=()"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
  ].compactMap { name, value in HTTPField.Name(name).map { HTTPField(name: $0, value: value) } }

  static func add(to headers: inout HTTPFields) {
    for field in fields where !headers.contains(field.name) { headers.append(field) }
  }
}
