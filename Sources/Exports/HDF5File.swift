import CHDF5

/// An HDF5 file, open for writing or for reading.
package struct HDF5File: ~Copyable {
  /// What a dataset's elements are.
  package enum Kind: Sendable, Equatable {
    case float
    case double
    case integer
    /// Bytes, padded with zeros to this width.
    case text(width: Int)
  }

  /// A dataset's bytes in row-major order, and what they are.
  package struct Values: Sendable {
    package let kind: Kind
    /// Rows, and numbers in a row where there are two dimensions.
    package let shape: [Int]
    package let bytes: [UInt8]
  }

  package let path: String
  private var handle: Int64

  /// Creates a file, which must not exist.
  package init(creating path: String) throws(ExportError) {
    self.path = path
    handle = hdf5_create(path)
    guard handle >= 0 else { throw .refused(file: path, reason: hdf5Reason()) }
  }

  /// Opens a file for reading.
  package init(opening path: String) throws(ExportError) {
    self.path = path
    handle = hdf5_open(path)
    guard handle >= 0 else { throw .refused(file: path, reason: hdf5Reason()) }
  }

  deinit {
    if handle >= 0 { hdf5_close(handle) }
  }

  package mutating func close() throws(ExportError) {
    let status = hdf5_close(handle)
    handle = -1
    try check(status)
  }

  package func addGroup(_ name: String) throws(ExportError) {
    try check(hdf5_add_group(handle, name))
  }

  package func linkCount(in group: String) throws(ExportError) -> Int {
    let count = hdf5_count_links(handle, group)
    guard count >= 0 else { throw refusal }
    return Int(count)
  }

  /// Adds a dataset in chunks of about 64 KiB, each with a checksum.
  package func write(_ values: Values, to name: String) throws(ExportError) {
    let rowSize = values.bytes.count / max(values.shape[0], 1)
    let status = values.bytes.withUnsafeBytes {
      hdf5_write(
        handle, name, values.layout, UInt64(max(1, 65536 / max(rowSize, 1))), $0.baseAddress)
    }
    try check(status)
  }

  /// The bytes of a dataset, which must have this kind and shape.
  package func read(_ name: String, _ kind: Kind, shape: [Int], byteCount: Int) throws(ExportError)
    -> [UInt8]
  {
    let layout = Values(kind: kind, shape: shape, bytes: []).layout
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let status = bytes.withUnsafeMutableBytes { hdf5_read(handle, name, layout, $0.baseAddress) }
    guard status >= 0 else { throw .differs(file: path, reason: name + ": " + hdf5Reason()) }
    return bytes
  }

  package func write(_ value: Int, attribute: String, of group: String) throws(ExportError) {
    try check(hdf5_write_integer(handle, group, attribute, Int64(value)))
  }

  package func write(_ text: String, attribute: String, of group: String) throws(ExportError) {
    try check(hdf5_write_text(handle, group, attribute, text))
  }

  package func integer(attribute: String, of group: String) throws(ExportError) -> Int {
    var value: Int64 = 0
    try check(hdf5_read_integer(handle, group, attribute, &value))
    return Int(value)
  }

  package func text(attribute: String, of group: String) throws(ExportError) -> String {
    guard let text = hdf5_read_text(handle, group, attribute) else { throw refusal }
    defer { hdf5_free(text) }
    return String(cString: text)
  }

  private func check(_ status: Int32) throws(ExportError) {
    guard status >= 0 else { throw refusal }
  }

  private var refusal: ExportError { .refused(file: path, reason: hdf5Reason()) }
}

extension HDF5File.Values {
  /// One number for each row.
  package static func numbers(_ values: [Float]) -> Self { .init(.float, [values.count], values) }

  /// One integer for each row.
  package static func integers(_ values: [Int64]) -> Self {
    .init(.integer, [values.count], values)
  }

  /// Rows of equal length, at least one.
  package static func rows(_ values: [[Float]]) -> Self {
    .init(.float, [values.count, values[0].count], Array(values.joined()))
  }

  /// Rows of equal length, at least one.
  package static func rows(_ values: [[Double]]) -> Self {
    .init(.double, [values.count, values[0].count], Array(values.joined()))
  }

  /// Texts of ASCII.
  package static func texts(_ values: [String]) -> Self {
    let width = max(values.map(\.utf8.count).max() ?? 1, 1)
    let bytes = values.flatMap {
      Array($0.utf8) + [UInt8](repeating: 0, count: width - $0.utf8.count)
    }
    return .init(.text(width: width), [values.count], bytes)
  }

  private init<Element: BitwiseCopyable>(
    _ kind: HDF5File.Kind, _ shape: [Int], _ values: [Element]
  ) {
    self.kind = kind
    self.shape = shape
    bytes = values.withUnsafeBytes { Array($0) }
  }

  fileprivate var layout: hdf5_layout {
    var layout = hdf5_layout()
    switch kind {
    case .float: layout.kind = HDF5_FLOAT32
    case .double: layout.kind = HDF5_FLOAT64
    case .integer: layout.kind = HDF5_INT64
    case .text(let width):
      layout.kind = HDF5_TEXT
      layout.width = width
    }
    layout.rank = Int32(shape.count)
    layout.shape = (UInt64(shape[0]), shape.count > 1 ? UInt64(shape[1]) : 0)
    return layout
  }
}

private func hdf5Reason() -> String { "HDF5: " + String(cString: hdf5_reason()) }
