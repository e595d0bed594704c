import Episodes
import Foundation
import Geometry
import Messages
import Metrics
import Recipes
import Rendering

/// A recorded episode as one page for a browser, pictures included.
struct InspectionPage {
  let episode: RecordedEpisode
  let inspection: Inspection
  let recipe: SessionRecipe

  /// The page.
  func html() -> String {
    let plots = [force, pose, reward].enumerated().map { index, plot in
      "<figure>" + plot.svg(width: 760, height: 300, identifier: "frame\(index)") + "</figure>"
    }
    let title = Self.escaped(episode.path)
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
      <style>
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem;
        color: #1d2430; background: #fff; }
      h1 { font-size: 1.2rem; overflow-wrap: anywhere; }
      pre { background: #f4f6f8; padding: 1rem; overflow-x: auto; border-radius: 6px; }
      figure { margin: 1.5rem 0; } figcaption { color: #5b6675; } img { max-width: 100%; }
      </style></head><body>
      <h1>\(title)</h1>
      \(pictures())
      \(plots.joined(separator: "\n"))
      <pre>\(Self.escaped(inspection.text))</pre>
      </body></html>

      """
  }

  private var force: LinePlot {
    let estimated = episode.states.map { SIMD2(seconds($0.tick), $0.toolWrench.force.length) }
    let contact = episode.truths.map { SIMD2(seconds($0.tick), $0.contactForce) }
    return LinePlot(
      title: "Force", xLabel: "robot time [s]", yLabel: "force [N]",
      series: [
        .init(name: "estimated", points: thinned(estimated)),
        .init(name: "true, at contacts", points: contact),
      ].filter { !$0.points.isEmpty })
  }

  private var pose: LinePlot {
    let height = episode.truths.map {
      SIMD2(seconds($0.tick), 1e3 * $0.boardFromPart.translation.z)
    }
    let off = episode.truths.map { SIMD2(seconds($0.tick), 1e3 * $0.sidewaysDistance) }
    return LinePlot(
      title: "Pose of the part", xLabel: "robot time [s]", yLabel: "distance [mm]",
      series: [
        .init(name: "above its seat", points: height), .init(name: "beside its axis", points: off),
      ])
  }

  private var reward: LinePlot {
    LinePlot(
      title: "Reward", xLabel: "robot time [s]", yLabel: "reward",
      series: [
        .init(
          name: "reward",
          points: episode.rewards.map { SIMD2(seconds($0.tick), Double($0.reward)) })
      ])
  }

  /// Robot time since the episode's start [s].
  private func seconds(_ tick: Int64) -> Double {
    guard let first = episode.states.first, let last = episode.states.last, last.tick > first.tick
    else { return 0 }
    let period = Double(last.time - first.time) / Double(last.tick - first.tick) * 1e-9
    return Double(tick - episode.origin.state.tick) * period
  }

  private func thinned(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    let stride = max(1, points.count / 1500)
    return points.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
  }

  /// The first, middle and last picture; a line why not where there is no OpenGL.
  private func pictures() -> String {
    do {
      let images = try EpisodePictures(episode, recipe: recipe).pictures(count: 3)
      return images.map { image in
        let data = Data(image.image.png()).base64EncodedString()
        let caption = "\(decimal(seconds(image.tick), 1)) s"
        return "<figure><img alt=\"\(caption)\" src=\"data:image/png;base64,\(data)\">"
          + "<figcaption>\(caption)</figcaption></figure>"
      }.joined(separator: "\n")
    } catch {
      return "<p>No pictures: \(Self.escaped("\(error)"))</p>"
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
  }
}

extension Commands {
  /// Looks into a recorded episode: `kinglet inspect`.
  public static func inspect(_ file: String, html: String?) throws -> Inspection {
    let episode = try RecordedEpisode(reading: file)
    let about = try? FileManager.default.attributesOfItem(atPath: file)
    let inspection = Inspection(episode, bytes: about?[.size] as? Int ?? 0)
    if let html {
      let folder = try makeTemporaryFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let recipe = try recipe(of: episode, in: folder, overrides: [])
      let page = InspectionPage(episode: episode, inspection: inspection, recipe: recipe).html()
      try write(Data(page.utf8), toFile: html)
    }
    return inspection
  }
}
