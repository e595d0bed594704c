import Testing

@Suite struct `Imports` {
  /// The modules that Swift text imports.
  static func imports(in text: String) throws -> [(module: String, line: Int)] {
    let pattern = try Pattern(
      #"^[ \t]*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"#
        + #"import\s+(?:(?:struct|class|enum|protocol|func|typealias|var|let)\s+)?(\w+)"#)
    return pattern.matches(in: CodeOnly.of(text)).map { ($0.groups[1], $0.line) }
  }

  /// The rooms of a manifest and what each uses.
  static func rooms(inManifest text: String) throws -> [String: Set<String>] {
    let named = try Pattern(#"let (\w+) = Target\.Dependency\.product\(\s*name: "(\w+)""#)
    let product = try Pattern(#"\.product\(\s*name:\s*"(\w+)"[^)]*\)"#)
    let names = named.matches(in: text).map { ($0.groups[1], $0.groups[2]) }
    let packages = Dictionary(names) { first, _ in first }
    let text = product.replacing(in: text, with: #""$1""#)
    let room = try Pattern(
      #"(?:room\(\s*|\.executableTarget\(\s*name:\s*)"(\w+)"(?:,\s*(?:uses|dependencies):\s*"#
        + #"\[([^\]]*)\])?"#)
    let word = try Pattern(#"\w+"#)
    var table: [String: Set<String>] = [:]
    for match in room.matches(in: text) {
      let words = word.matches(in: match.groups[2]).map { packages[$0.groups[0]] ?? $0.groups[0] }
      table[match.groups[1]] = Set(words)
    }
    return table
  }

  @Test func `each import is allowed by the table`() throws {
    for file in try Repository.files(under: ["Sources"], endings: [".swift"]) {
      let allowed = ImportTable.rooms[file.room] ?? []
      for (module, line) in try Self.imports(in: file.text) where !allowed.contains(module) {
        let rooms = ImportTable.toolchain[module] ?? []
        #expect(
          rooms.contains(file.room), "\(file.path):\(line): \(file.room) may not import \(module)")
      }
    }
  }

  @Test func `the manifest says what the table says`() throws {
    let manifest = try Self.rooms(inManifest: Repository.text(of: "Package.swift"))
    #expect(Set(manifest.keys) == Set(ImportTable.rooms.keys))
    for (room, uses) in ImportTable.rooms {
      #expect(manifest[room] == uses, "\(room): the manifest and the table differ")
    }
  }

  @Test func `each folder of Sources is a room of the table`() throws {
    let folders = try Repository.folders(in: "Sources")
    let cRooms = try Pattern(#"^C[A-Z]"#)
    let swiftRooms = folders.filter { cRooms.matches(in: $0).isEmpty || $0.hasPrefix("Control") }
    #expect(Set(swiftRooms) == Set(ImportTable.rooms.keys))
    let known = Set(ImportTable.rooms.keys).union(ImportTable.rooms.values.joined())
    for folder in folders { #expect(known.contains(folder), "Sources/\(folder) is in no table") }
  }

  @Test(arguments: ImportTable.control)
  func `control never reaches learning`(room: String) {
    let reach = ImportTable.reach(from: room, in: ImportTable.rooms)
    #expect(reach.isDisjoint(with: ImportTable.learning), "\(room) reaches \(reach.sorted())")
  }

  @Test(arguments: ImportTable.learning)
  func `learning never reaches the robot`(room: String) {
    let robot = Set(ImportTable.control + ["RealTime", "Wire"])
    let reach = ImportTable.reach(from: room, in: ImportTable.rooms)
    #expect(reach.isDisjoint(with: robot), "\(room) reaches \(reach.sorted())")
  }

  @Test func `C++ stays in CKernels`() throws {
    for file in try Repository.files(
      under: ["Sources"], endings: [".cpp", ".cc", ".cxx", ".hpp", ".mm"])
    {
      #expect(file.room == "CKernels", "\(file.path): C++ belongs in CKernels")
    }
  }

  @Test func `an import is seen in each of its forms`() throws {
    let text = """
      // import No
      public import Geometry
      @preconcurrency import Foundation
      internal import struct Glibc.timespec
      let text = "import Never"
      """
    #expect(try Self.imports(in: text).map(\.module) == ["Geometry", "Foundation", "Glibc"])
    #expect(try Self.imports(in: text).map(\.line) == [2, 3, 4])
  }

  @Test func `a path through another room is found`() {
    let table = ImportTable.parse("A : B\nB : C\nC :\nD : A")
    #expect(ImportTable.reach(from: "A", in: table) == ["B", "C"])
    #expect(ImportTable.reach(from: "C", in: table).isEmpty)
  }

  @Test func `a manifest is read as it is written`() throws {
    let text = """
      let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
      room("A"),
      room("B", uses: ["A", yaml]),
      room(
        "C",
        uses: [
          "A", "B",
        ]),
      .executableTarget(
        name: "d", dependencies: ["C", .product(name: "Words", package: "words")],
        swiftSettings: strict),
      """
    let expected: [String: Set<String>] = [
      "A": [], "B": ["A", "Yams"], "C": ["A", "B"], "d": ["C", "Words"],
    ]
    #expect(try Self.rooms(inManifest: text) == expected)
  }
}
