import Foundation
import NeuralNetworks
import Randomness
import Testing

@Suite struct SafetensorsTests {
  private static let sample: Safetensors = {
    var file = Safetensors(metadata: ["format": "test", "quote \"": "line\nbreak \\ ü 🤖"])
    file.add("bytes", shape: [3], [1, 2, 255] as [UInt8])
    let floats: [Float] = [1, -2.5, .infinity, 0, -0.0, .leastNonzeroMagnitude]
    file.add("floats", shape: [2, 3], floats)
    file.add("scalar", shape: [], [3.25] as [Double])
    file.add("words", shape: [1, 2], [.max, 7] as [UInt64])
    file.add("integers", shape: [2], [.min, -1] as [Int64])
    file.add("nothing", shape: [0, 4], [] as [Float])
    return file
  }()

  private static func temporary(_ name: String) -> String {
    NSTemporaryDirectory() + "kinglet-\(ProcessInfo.processInfo.processIdentifier)-" + name
  }

  @Test func `contents survive encoding and decoding`() throws {
    let read = try Safetensors(decoding: Self.sample.encoded())
    #expect(read.metadata == Self.sample.metadata)
    #expect(read.arrays.count == Self.sample.arrays.count)
    for array in Self.sample.arrays { #expect(read.arrays.contains(array)) }
    #expect(try read.floats("floats", shape: [2, nil])[1] == -2.5)
    #expect(try read.doubles("scalar", shape: []) == [3.25])
    #expect(try read.words("words", shape: [1, 2]) == [.max, 7])
    #expect(try read.integers("integers", shape: [nil]) == [.min, -1])
    #expect(read.encoded() == Self.sample.encoded())
  }

  @Test func `the layout is that of the format`() {
    var file = Safetensors()
    file.add("a", shape: [2], [1, 2] as [Float])
    let header = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
    let padded = header + String(repeating: " ", count: (8 - header.count % 8) % 8)
    let length = UInt64(padded.count)
    let bytes =
      (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(padded.utf8)
      + [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]
    #expect(file.encoded() == bytes)
  }

  @Test func `every truncation is refused`() {
    let bytes = Self.sample.encoded()
    for length in 0..<bytes.count {
      #expect(throws: SafetensorsError.self) { try Safetensors(decoding: Array(bytes[..<length])) }
    }
    #expect(throws: SafetensorsError.length(expected: bytes.count, found: bytes.count + 1)) {
      try Safetensors(decoding: bytes + [0])
    }
  }

  @Test func `damaged bytes decode or give an error of one line`() {
    var stream = RandomStream(seed: 1, name: "test.damage")
    let bytes = Self.sample.encoded()
    var refused = 0
    for _ in 0..<4000 {
      var damaged = bytes
      for _ in 0...stream.index(below: 3) {
        damaged[stream.index(below: damaged.count)] = UInt8(stream.index(below: 256))
      }
      do {
        _ = try Safetensors(decoding: damaged)
      } catch {
        refused += 1
        #expect(!"\(error)".contains("\n") || "\(error)".contains("\\n"))
      }
    }
    #expect(refused > 2000)
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, 2),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4),
    (
      #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"#
        + #""a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, 0
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
        + #""b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3
    ),
    ("{} x", 0), ("[]", 0), ("", 0), ("{", 0), (#"{"__metadata__":{"k":1}}"#, 0),
    (#"{"\ud800x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, 0),
  ])
  func `a wrong header is refused`(header: String, elements: Int) {
    let length = UInt64(header.utf8.count)
    let bytes =
      (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: elements)
    #expect(throws: SafetensorsError.self) { try Safetensors(decoding: bytes) }
  }

  @Test func `asking for another shape, type or name says what there is`() {
    #expect(throws: SafetensorsError.shape(name: "floats", expected: [2, 4], found: [2, 3])) {
      try Self.sample.floats("floats", shape: [2, 4])
    }
    #expect(throws: SafetensorsError.element(name: "words", expected: "F32", found: "U64")) {
      try Self.sample.floats("words", shape: [1, 2])
    }
    #expect(throws: SafetensorsError.missing(name: "x", present: Self.sample.arrays.map(\.name))) {
      try Self.sample.floats("x", shape: [nil])
    }
  }

  @Test func `a written file is read back and replaces the old one`() throws {
    let path = Self.temporary("round-trip.safetensors")
    defer { unlink(path) }
    try Safetensors(metadata: ["old": "yes"]).write(to: path)
    try Self.sample.write(to: path)
    #expect(try Safetensors(contentsOf: path).encoded() == Self.sample.encoded())
    #expect(access(path + ".new", F_OK) != 0)
  }

  @Test func `a file of a tebibyte, or a pipe, is refused at once in one line`() throws {
    let path = Self.temporary("large.safetensors")
    defer { unlink(path) }
    try Self.sample.write(to: path)
    try #require(truncate(path, 1 << 40) == 0)
    let error = #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: path) }
    let text = error?.description ?? ""
    #expect(text.contains(path) && text.contains("\(1 << 40)") && !text.contains("\n"))
    unlink(path)
    try #require(mkfifo(path, 0o600) == 0)
    #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: path) }
  }

  @Test func `a header that claims to be longer than any is refused`() throws {
    var bytes = Self.sample.encoded()
    for length in [1 << 63, 1 << 40, 1 << 21] as [UInt64] {
      for place in 0..<8 { bytes[place] = UInt8(truncatingIfNeeded: length >> (8 * place)) }
      #expect(throws: SafetensorsError.self) { try Safetensors(decoding: bytes) }
    }
  }

  @Test func `a path that cannot be opened is named`() {
    let path = Self.temporary("no-such-folder") + "/file"
    let error = #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: path) }
    #expect(error?.description == "cannot read \(path): No such file or directory")
    #expect(throws: SafetensorsError.self) { try Self.sample.write(to: path) }
  }
}
