using NJepa.FaultInjection.Runs;

namespace NJepa.FaultInjection.Trials;

/// <summary>What a trial is given.</summary>
/// <param name="Short">Whether fewer of everything will do.</param>
/// <param name="Seed">Of the command line.</param>
/// <param name="Random">The trial's own random numbers.</param>
/// <param name="Folder">A folder of its own.</param>
/// <param name="Images">Pictures to train on.</param>
/// <param name="Log">Told of progress.</param>
internal sealed record TrialContext(bool Short, int Seed, Random Random, string Folder, string Images, Action<string> Log)
{
    /// <summary>A run of so many steps in a folder of the trial.</summary>
    public RunSettings Settings(string name, int steps) => new() { Images = Images, Output = Path.Combine(Folder, name), Steps = steps, Seed = (ulong)Seed };

    /// <summary>The number of something: of the whole version, or of the short one.</summary>
    public int Count(int whole, int few) => Short ? few : whole;
}
