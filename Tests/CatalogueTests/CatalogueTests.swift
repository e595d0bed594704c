import Catalogue
import Foundation
import Testing

@Suite struct CatalogueTests {
  private let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("kl-\(UUID().uuidString).sqlite").path

  private func entry(_ index: Int) -> CatalogueEntry {
    var entry = CatalogueEntry(
      file: "runs/r\(index % 3)/episodes/episode-\(index).mcap", bytes: 1000 + Int64(index),
      modified: 7)
    entry.run = "runs/r\(index % 3)"
    entry.task = index % 2 == 0 ? "pcb-insertion" : "pcb-insertion-hidden"
    entry.episode = Int64(index)
    entry.started = "2026-11-\(10 + index)T08:00:00Z"
    entry.steps = 10 * index
    entry.isRewarded = index % 4 != 0
    entry.isCut = index == 13
    entry.isSuccess = index % 5 == 0 ? nil : index % 4 != 1
    entry.peakForce = index == 3 ? nil : Double(index)
    return entry
  }

  private func stamp(_ entry: CatalogueEntry) -> FileStamp {
    FileStamp(file: entry.file, bytes: entry.bytes, modified: entry.modified)
  }

  @Test func `an index follows its files and reads only what changed`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    var all = (0..<12).map(entry)
    let byFile = { (list: [CatalogueEntry]) in
      Dictionary(uniqueKeysWithValues: list.map { ($0.file, $0) })
    }
    func follow(_ list: [CatalogueEntry]) throws -> Int {
      let known = byFile(list)
      return try Catalogue(path).follow(list.map(stamp)) { stamp in
        known[stamp.file] ?? CatalogueEntry(file: stamp.file, bytes: 0, modified: 0)
      }
    }
    #expect(try follow(all) == 12)
    #expect(try Catalogue(path).entries(CatalogueFilter()) == all)
    #expect(try follow(all) == 0)
    all[4].bytes += 1
    all[4].steps = 77
    all.remove(at: 9)
    #expect(try follow(all) == 1)
    #expect(try Catalogue(path).entries(CatalogueFilter()) == all)
    #expect(try follow([]) == 0)
    #expect(try Catalogue(path).entries(CatalogueFilter()).isEmpty)
  }

  @Test func `filters give what they say, alone and together`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let all = (0..<15).map(entry)
    let catalogue = try Catalogue(path)
    try catalogue.follow(all.map(stamp)) { stamp in
      all.first { $0.file == stamp.file } ?? CatalogueEntry(file: "", bytes: 0, modified: 0)
    }
    func expect(
      _ keep: (CatalogueEntry) -> Bool, _ change: (inout CatalogueFilter) -> Void
    ) throws {
      var filter = CatalogueFilter()
      change(&filter)
      let wanted = all.filter(keep)
      #expect(!wanted.isEmpty && wanted.count < all.count)
      #expect(try catalogue.entries(filter) == wanted)
    }
    try expect({ $0.task == "pcb-insertion" }) { $0.task = "pcb-insertion" }
    try expect({ $0.run == "runs/r1" }) { $0.run = "r1" }
    for success in [true, false] {
      try expect({ !$0.isCut && ($0.isSuccess ?? $0.isRewarded) == success }) {
        $0.success = success
      }
    }
    try expect({ (30...70).contains($0.steps) }) { $0.steps = 30...70 }
    try expect({ ($0.peakForce ?? 99) <= 5 }) { $0.force = 5 }
    try expect({ $0.started >= "2026-11-15" }) { $0.since = "2026-11-15" }
    try expect({ $0.started < "2026-11-15" }) { $0.before = "2026-11-15" }
    try expect({ $0.run == "runs/r0" && $0.steps >= 50 && $0.isSuccess ?? $0.isRewarded }) {
      ($0.run, $0.steps, $0.success) = ("r0", 50...1000, true)
    }
  }

  @Test func `a file that is no index is refused in one line`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(repeating: 7, count: 5000).write(to: URL(fileURLWithPath: path))
    #expect {
      _ = try Catalogue(path)
    } throws: {
      "\($0)".contains(path) && !"\($0)".contains("\n")
    }
  }
}
