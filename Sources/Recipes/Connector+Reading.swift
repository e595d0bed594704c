import Geometry

extension TaskRecipe.Connector: RecipeSection {
  init(reading section: inout Section) {
    rows = section.whole("rows", 1...20)
    columns = section.whole("columns", 1...50)
    pitch = section.number("pitch", 0.0003...0.05, "m")
    pin = section.number("pin", 0.0001...0.02, "m")
    hole = section.number("hole", 0.0001...0.05, "m")
    length = section.number("length", 0.0003...0.05, "m")
    boardThickness = section.number("boardThickness", 0.0002...0.02, "m")
    boardPose = section.section("boardPose")
    friction = section.number("friction", 0...2)
    section.require(
      pin < hole, at: "hole", "a pin of \(pin) m does not fit into a hole of \(hole) m")
    section.require(
      hole < pitch, at: "hole", "a hole of \(hole) m leaves no board between pins \(pitch) m apart")
  }

  var entries: [WrittenEntry] {
    [
      .init("rows", rows), .init("columns", columns), .init("pitch", pitch), .init("pin", pin),
      .init("hole", hole), .init("length", length), .init("boardThickness", boardThickness),
      .init("boardPose", boardPose), .init("friction", friction),
    ]
  }
}

extension TaskRecipe.BoardPose: RecipeSection {
  init(reading section: inout Section) {
    position = section.vector("position", -2...2, "m")
    rollPitchYaw = section.vector("rollPitchYaw", -Double.pi...Double.pi, "rad")
  }

  var entries: [WrittenEntry] {
    [.init("position", position), .init("rollPitchYaw", rollPitchYaw)]
  }
}
