/// A safetensors file in memory: named arrays and a dictionary of strings.
///
/// No code is ever loaded.
public struct Safetensors: Sendable, Equatable {
  /// Type of an array's elements, little-endian.
  public enum Element: String, Sendable, CaseIterable {
    /// Double.
    case f64 = "F64"
    /// UInt64.
    case u64 = "U64"
    /// Int64.
    case i64 = "I64"
    /// Float.
    case f32 = "F32"
    /// UInt8.
    case u8 = "U8"

    /// Bytes of one element.
    public var size: Int {
      switch self {
      case .f64, .u64, .i64: 8
      case .f32: 4
      case .u8: 1
      }
    }
  }

  /// A named array in C order.
  public struct Array: Sendable, Equatable {
    /// Dotted path.
    public let name: String
    /// Type of the elements.
    public let element: Element
    /// Extent of each dimension; empty for a scalar.
    public let shape: [Int]
    /// The elements, little-endian.
    public let bytes: [UInt8]

    /// Number of elements.
    public var count: Int { bytes.count / element.size }
  }

  /// The arrays; names are unique.
  public private(set) var arrays: [Array] = []
  /// Free text by key.
  public var metadata: [String: String] = [:]

  /// No arrays.
  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// Adds an array of floats.
  public mutating func add(_ name: String, shape: [Int], _ values: some Collection<Float>) {
    add(name, .f32, shape: shape, count: values.count, Self.bytes(values.lazy.map(\.bitPattern)))
  }

  /// Adds an array of doubles.
  public mutating func add(_ name: String, shape: [Int], _ values: some Collection<Double>) {
    add(name, .f64, shape: shape, count: values.count, Self.bytes(values.lazy.map(\.bitPattern)))
  }

  /// Adds an array of unsigned words.
  public mutating func add(_ name: String, shape: [Int], _ values: some Collection<UInt64>) {
    add(name, .u64, shape: shape, count: values.count, Self.bytes(values))
  }

  /// Adds an array of signed words.
  public mutating func add(_ name: String, shape: [Int], _ values: some Collection<Int64>) {
    add(name, .i64, shape: shape, count: values.count, Self.bytes(values))
  }

  /// Adds an array of bytes.
  public mutating func add(_ name: String, shape: [Int], _ values: some Collection<UInt8>) {
    add(name, .u8, shape: shape, count: values.count, [UInt8](values))
  }

  private mutating func add(
    _ name: String, _ element: Element, shape: [Int], count: Int, _ bytes: [UInt8]
  ) {
    precondition(shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == count, "shape of \(name)")
    precondition(!arrays.contains { $0.name == name }, "two arrays named \(name)")
    append(Array(name: name, element: element, shape: shape, bytes: bytes))
  }

  /// Adds an array whose name is known to be new.
  mutating func append(_ array: Array) { arrays.append(array) }

  /// The array of a name, of one element type, of one shape; nil in `shape` allows any extent.
  public func array(
    _ name: String, _ element: Element, shape: [Int?]
  ) throws(SafetensorsError) -> Array {
    guard let array = arrays.first(where: { $0.name == name }) else {
      throw .missing(name: name, present: arrays.map(\.name))
    }
    guard array.element == element else {
      throw .element(name: name, expected: element.rawValue, found: array.element.rawValue)
    }
    let fits = zip(shape, array.shape).allSatisfy { $0 == nil || $0 == $1 }
    guard array.shape.count == shape.count, fits else {
      throw .shape(name: name, expected: shape, found: array.shape)
    }
    return array
  }

  /// The floats of an array.
  public func floats(_ name: String, shape: [Int?]) throws(SafetensorsError) -> [Float] {
    let array = try array(name, .f32, shape: shape)
    return Self.words(array.bytes, UInt32.self).map { Float(bitPattern: $0) }
  }

  /// The doubles of an array.
  public func doubles(_ name: String, shape: [Int?]) throws(SafetensorsError) -> [Double] {
    let array = try array(name, .f64, shape: shape)
    return Self.words(array.bytes, UInt64.self).map { Double(bitPattern: $0) }
  }

  /// The unsigned words of an array.
  public func words(_ name: String, shape: [Int?]) throws(SafetensorsError) -> [UInt64] {
    Self.words(try array(name, .u64, shape: shape).bytes, UInt64.self)
  }

  /// The signed words of an array.
  public func integers(_ name: String, shape: [Int?]) throws(SafetensorsError) -> [Int64] {
    Self.words(try array(name, .i64, shape: shape).bytes, Int64.self)
  }

  /// The bytes of an array of bytes.
  public func bytes(_ name: String, shape: [Int?]) throws(SafetensorsError) -> [UInt8] {
    try array(name, .u8, shape: shape).bytes
  }

  static func bytes<Words: Collection>(_ words: Words) -> [UInt8]
  where Words.Element: FixedWidthInteger {
    let size = MemoryLayout<Words.Element>.size
    return [UInt8](unsafeUninitializedCapacity: words.count * size) { buffer, count in
      for word in words {
        let raw = UnsafeMutableRawBufferPointer(buffer)
        raw.storeBytes(of: word.littleEndian, toByteOffset: count, as: Words.Element.self)
        count += size
      }
    }
  }

  static func words<Word: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: [UInt8], _ type: Word.Type
  ) -> [Word] {
    let size = MemoryLayout<Word>.size
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / size).map {
        Word(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: Word.self))
      }
    }
  }
}
