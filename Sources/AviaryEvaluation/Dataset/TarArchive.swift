/// The regular files of an uncompressed tar archive, found without unpacking it.
///
/// POSIX ustar with pax headers (`path`, `size`), GNU long names and base-256 sizes (POSIX.1-2017, pax,
/// "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"). Every length is checked against the file.
public struct TarArchive: Sendable {
  public struct Member: Sendable, Equatable {
    public let name: String
    public let offset: Int
    public let count: Int
  }

  public let file: ByteFile
  /// In the order of the archive.
  public let members: [Member]

  /// - Throws: `DatasetError.file` for anything that is not a whole tar archive.
  public init(_ path: String, maxMembers: Int = 20_000_000) throws(DatasetError) {
    file = try ByteFile(path)
    var reader = TarReader(file: file)
    var found: [Member] = []
    while let member = try reader.next() {
      guard found.count < maxMembers else {
        throw .file(path: path, problem: "has more than \(maxMembers) files")
      }
      found.append(member)
    }
    members = found
  }
}

/// Walks the headers of a tar archive.
private struct TarReader {
  static let block = 512
  /// A name or pax header beyond this is no name.
  static let maxExtension = 1 << 20

  let file: ByteFile
  var offset = 0
  /// Hard links name a file that came before.
  var seen: [String: TarArchive.Member] = [:]

  init(file: ByteFile) { self.file = file }

  private func failure(_ problem: String) -> DatasetError {
    .file(path: file.path, problem: "tar header at byte \(offset): \(problem); get an intact copy")
  }

  /// The next regular file, or `nil` at the end.
  mutating func next() throws(DatasetError) -> TarArchive.Member? {
    var longName: String?
    var longSize: Int?
    while offset < file.size {
      guard file.size - offset >= Self.block else { throw failure("the file ends inside it") }
      let header = try file.read(at: offset, count: Self.block)
      if header.allSatisfy({ $0 == 0 }) { return nil }
      guard checksumHolds(header) else { throw failure("its checksum is wrong") }
      guard let stated = number(header[124..<136]) else { throw failure("its size is not a number") }
      let type = header[156]
      // Types without data may state a size all the same.
      let hasData = !"123456".utf8.contains(type)
      let isExtension = "LKxg".utf8.contains(type)
      let count = hasData ? (isExtension ? stated : longSize ?? stated) : 0
      let start = offset + Self.block
      guard count >= 0, count <= file.size - start else {
        throw failure("\(count) bytes follow, but the archive ends before")
      }
      let padded = (count + Self.block - 1) / Self.block * Self.block
      defer { offset = min(file.size, start + padded) }

      switch type {
      case UInt8(ascii: "L"): longName = text(try extensionData(start, count))
      case UInt8(ascii: "x"):
        let records = try paxRecords(try extensionData(start, count))
        longName = records["path"] ?? longName
        if let size = records["size"] {
          guard let size = Int(size) else { throw failure("its pax size '\(size)' is not a number") }
          longSize = size
        }
      case UInt8(ascii: "0"), 0, UInt8(ascii: "7"), UInt8(ascii: "1"):
        let name = Self.relative(longName ?? shortName(header))
        longName = nil
        longSize = nil
        // An old way to write a folder.
        if name.isEmpty || name.hasSuffix("/") { continue }
        var member = TarArchive.Member(name: name, offset: start, count: count)
        if type == UInt8(ascii: "1") {
          let target = Self.relative(text(Array(header[157..<257])))
          guard let linked = seen[target] else {
            throw failure("it links to '\(target)', which is not there")
          }
          member = TarArchive.Member(name: name, offset: linked.offset, count: linked.count)
        }
        seen[name] = member
        return member
      case UInt8(ascii: "S"): throw failure("sparse files are not supported")
      default:
        // Folders, symbolic links, devices, global pax headers and unknown types hold no picture.
        if !isExtension {
          longName = nil
          longSize = nil
        }
      }
    }
    return nil
  }

  private func extensionData(_ start: Int, _ count: Int) throws(DatasetError) -> [UInt8] {
    guard count <= Self.maxExtension else { throw failure("a name of \(count) bytes") }
    return try file.read(at: start, count: count)
  }

  /// The sum of all bytes with the checksum's own taken as blanks.
  private func checksumHolds(_ header: [UInt8]) -> Bool {
    guard let stated = number(header[148..<156]) else { return false }
    let sum = header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    return sum == stated
  }

  /// Octal digits, or a big-endian number behind a set top bit.
  private func number(_ field: ArraySlice<UInt8>) -> Int? {
    if let first = field.first, first & 0x80 != 0 {
      guard first == 0x80 else { return nil }
      var value = 0
      for byte in field.dropFirst() {
        guard value <= Int.max >> 9 else { return nil }
        value = value << 8 | Int(byte)
      }
      return value
    }
    let digits = field.drop { $0 == 32 }.prefix { $0 != 32 && $0 != 0 }
    // At most 12 octal digits: no overflow.
    return digits.reduce(0) { value, digit in
      guard let value, (48...55).contains(digit) else { return nil }
      return value << 3 | Int(digit - 48)
    }
  }

  private func shortName(_ header: [UInt8]) -> String {
    let name = text(Array(header[0..<100]))
    let isPOSIX = Array(header[257..<263]) == Array("ustar\0".utf8)
    let prefix = isPOSIX ? text(Array(header[345..<500])) : ""
    return prefix.isEmpty ? name : "\(prefix)/\(name)"
  }

  private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func relative(_ name: String) -> String {
    var name = name[...]
    while name.hasPrefix("./") || name.hasPrefix("/") {
      name = name.hasPrefix("./") ? name.dropFirst(2) : name.dropFirst()
    }
    return String(name)
  }

  /// `length key=value\n` records; the length counts itself.
  private func paxRecords(_ bytes: [UInt8]) throws(DatasetError) -> [String: String] {
    var records: [String: String] = [:]
    var rest = bytes[...]
    while let first = rest.first, first != 0 {
      guard let blank = rest.firstIndex(of: 32), blank - rest.startIndex < 10,
        let length = Int(String(decoding: rest[rest.startIndex..<blank], as: UTF8.self)),
        length > blank - rest.startIndex + 1, length <= rest.count
      else { throw failure("a pax record that is not one") }
      let record = rest[(blank + 1)..<(rest.startIndex + length)]
      if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
        let key = String(decoding: record[record.startIndex..<equals], as: UTF8.self)
        let end = record.last == 10 ? record.endIndex - 1 : record.endIndex
        guard equals < end else { throw failure("a pax record that is not one") }
        records[key] = String(decoding: record[(equals + 1)..<end], as: UTF8.self)
      }
      rest = rest[(rest.startIndex + length)...]
    }
    return records
  }
}
