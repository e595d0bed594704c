import Foundation
import Geometry
import Recipes
import Testing

@Suite struct LimitsTests {
  @Test func `a robot that gives no limits has the Panda's, as its file says them`() throws {
    let files = try RecipeFiles()
    let given = try files.load().robot.safety
    let text = try RecipeFiles.original(RecipeFiles.robot)
    var without = text
    for key in YAMLKey.keys(of: text).reversed() where KeyTests.optional.contains(key.name) {
      without = key.removed(from: without)
    }
    try files.write(without, to: RecipeFiles.robot)
    let filled = try files.load().robot.safety
    #expect(filled.limits == given.limits)
    #expect(filled.gains == given.gains)
    #expect(filled.leastInertia == JointVector(repeating: 0.1))
  }

  @Test func `a task's limits are what it gives, and else none`() throws {
    let files = try RecipeFiles()
    #expect(try files.load().task.limits == LimitsRecipe())
    let limits = try files.load(
      "task.limits={toolSpeed: 0.2, contactForce: [10, 20, 30], velocity: [1, 1, 1, 1, 1, 1, 2]}"
    ).task.limits
    var expected = LimitsRecipe()
    expected.toolSpeed = 0.2
    expected.contactForce = Vector3(10, 20, 30)
    expected.velocity = JointVector { $0 < 6 ? 1 : 2 }
    #expect(limits == expected)
  }

  @Test(arguments: [
    ("robot.safety.contactForce=[25, 20, 80]", "robot.safety.contactForce", "first report"),
    ("task.limits={contactMoment: [5, 10, 9]}", "limits.contactMoment", "first report"),
    ("robot.safety.fenceSlack=0.06", "fenceSlack", "first push back"),
    ("task.limits={fenceSlack: 0.02, fenceMargin: 0.01}", "limits.fenceSlack", "first push back"),
    ("robot.safety.setpointTurn=1.6", "setpointTurn", "0.0001…1.5"),
    ("task.limits={toolSped: 0.2}", "limits.toolSped", "toolSpeed"),
    ("task.limits={velocity: [1, 2]}", "limits.velocity", "7 numbers"),
  ])
  func `limits that make no sense are refused in one line`(
    override: String, key: String, reason: String
  ) throws {
    let files = try RecipeFiles()
    do {
      _ = try files.load(override)
      Issue.record("\(override) is accepted")
    } catch {
      #expect(error.description.isOneLine)
      #expect(error.description.contains(key.replacingOccurrences(of: "robot.", with: "")))
      #expect(error.description.contains(reason))
    }
  }
}
