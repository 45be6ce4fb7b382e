using NJepa.Samples.Ablation.Options;

namespace NJepa.Samples.Ablation.Tests;

/// <summary>Finished runs, made once for a class of tests; each test changes a copy of their folder.</summary>
public sealed class FinishedRuns : AblationTest
{
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>The options of finished runs of a table with seed 0.</summary>
    /// <param name="name">The copy's name.</param>
    /// <param name="table">The table.</param>
    internal async Task<AblationOptions> CopyAsync(string name, string table)
    {
        AblationOptions made = Options($"finished-{table}", table) with { Seeds = [0] };
        await _gate.WaitAsync();
        try
        {
            if (!Directory.Exists(made.Output))
            {
                await RunAsync(made);
            }
        }
        finally
        {
            _gate.Release();
        }

        AblationOptions copy = made with { Output = Path.Combine(Folder, name) };
        foreach (string file in Directory.GetFiles(made.Output, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(copy.Output, Path.GetRelativePath(made.Output, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        return copy;
    }
}
