import Hummingbird

/// The files of the page, which lie in the executable: nothing is read from the disk for a request.
enum PageFiles {
  /// What `/` and `/docs` show.
  static let page = PackageResources.index_html
  static let documentation = PackageResources.docs_html

  /// Everything that those two ask for, by name.
  static let others: [String: [UInt8]] = [
    "api.js": PackageResources.api_js,
    "camera-session.js": PackageResources.camera_session_js,
    "camera.js": PackageResources.camera_js,
    "docs.css": PackageResources.docs_css,
    "docs.js": PackageResources.docs_js,
    "dom.js": PackageResources.dom_js,
    "icon.svg": PackageResources.icon_svg,
    "live.js": PackageResources.live_js,
    "models.js": PackageResources.models_js,
    "overlay.js": PackageResources.overlay_js,
    "page.css": PackageResources.page_css,
    "page.js": PackageResources.page_js,
    "photo-session.js": PackageResources.photo_session_js,
    "photo.js": PackageResources.photo_js,
    "results.js": PackageResources.results_js,
    "schema.js": PackageResources.schema_js,
    "settings.js": PackageResources.settings_js,
    "stage.js": PackageResources.stage_js,
    "tracks.js": PackageResources.tracks_js,
  ]

  static func response(_ name: String) throws(HTTPFailure) -> Response {
    guard let bytes = others[name] else {
      throw HTTPFailure(.notFound, "there is nothing at '/\(name.prefix(80))'; see /docs")
    }
    return .bytes(bytes, type: type(of: name))
  }

  private static func type(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }
}
