import Foundation
import Recipes
import Testing

/// The section that may be left out, and each of its keys too.
@Suite struct RealTimeKeyTests {
  @Test func `a launch file without the section means the defaults`() throws {
    let files = try RecipeFiles()
    let recipe = try files.load()
    #expect(recipe.launch.realtime == LaunchRecipe.RealTime())
    #expect(recipe.launch.realtime.lockMemory && recipe.launch.realtime.priority == 80)
    #expect(recipe.launch.realtime.cpu == .automatic)
  }

  @Test func `each key may stand alone`() throws {
    let files = try RecipeFiles()
    var expected = LaunchRecipe.RealTime()
    expected.priority = 0
    #expect(try files.load("realtime.priority=0").launch.realtime == expected)
    expected = LaunchRecipe.RealTime()
    expected.lockMemory = false
    #expect(try files.load("realtime={lockMemory: false}").launch.realtime == expected)
    for (text, cpu) in [
      ("auto", LaunchRecipe.RealTime.Processor.automatic), ("none", .none), ("3", .number(3)),
    ] {
      #expect(try files.load("realtime.cpu=\(text)").launch.realtime.cpu == cpu)
    }
  }

  @Test(arguments: [
    "realtime.priority=99", "realtime.priority=-1", "realtime.priority=high", "realtime.cpu=-1",
    "realtime.cpu=all", "realtime.cpu=[1]", "realtime.lockMemory=1", "realtime=3",
  ])
  func `a value out of range is refused by its key`(override: String) throws {
    let files = try RecipeFiles()
    guard case .invalidValue? = files.refusal(of: override) else {
      Issue.record("\(override) was taken")
      return
    }
  }

  @Test func `a misspelt key is recognised`() throws {
    let files = try RecipeFiles()
    let refusal = files.refusal(of: "realtime.prioritys=3")
    guard case .unknownKey(_, let named, let nearest, _)? = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
    #expect(named == "realtime.prioritys" && nearest == "priority")
  }

  @Test(arguments: ["realtime.cpu=none", "realtime.cpu=5", "realtime.priority=7"])
  func `a resolved recipe holds the section, an older one need not`(override: String) throws {
    let files = try RecipeFiles()
    let recipe = try files.load(override)
    let text = recipe.resolvedYAML(revision: "r", date: "d")
    let path = files.root + "/resolved.yaml"
    try files.write(text, to: "resolved.yaml")
    #expect(try SessionRecipe(resolved: path) == recipe)
    let lines = text.components(separatedBy: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("  realtime:") })
    let older = lines[..<start] + lines[(start + 4)...]
    try files.write(older.joined(separator: "\n"), to: "resolved.yaml")
    let read = try SessionRecipe(resolved: path)
    #expect(read.launch.realtime == LaunchRecipe.RealTime())
    #expect(read != recipe)
  }
}
