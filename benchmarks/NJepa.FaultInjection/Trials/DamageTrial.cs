using NJepa.FaultInjection.Runs;
using NJepa.Training;

namespace NJepa.FaultInjection.Trials;

/// <summary>Disks turn bits and lose the ends of files. A checkpoint that is not, bit for bit, what was written must be noticed and passed over, and a run must never begin anew in silence.</summary>
internal sealed class DamageTrial : ITrial
{
    private const int Steps = 20;
    private const int Newest = 9;

    public string Name => "damage";

    public string Must => "each noticed; the run goes on from the checkpoint before, never from step 0; outcome byte-equal";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        RunSettings whole = context.Settings("whole", Steps) with { LoaderThreads = 0 }, plan = whole with { Output = Path.Combine(context.Folder, "plan"), KeepLast = 3 };
        LocalRun.Resume(whole);
        LocalRun.Resume(plan, until: Newest);
        yield return DamageNewest(context, plan, RunOutcome.Of(whole.Output));
        yield return DamageAll(context, plan);
    }

    private Finding DamageNewest(TrialContext context, RunSettings plan, IReadOnlyDictionary<string, string> outcome)
    {
        string[] files = [.. CheckpointFiles.All, CheckpointManifest.FileName];
        int times = context.Count(100, 8), noticed = 0, wentOn = 0, equal = 0;
        var problems = new Problems();
        for (int i = 0; i < times; i++)
        {
            RunSettings settings = plan with { Output = Path.Combine(context.Folder, $"copy{i}"), EverySteps = null };
            Folders.Copy(plan.Output, settings.Output);
            string folder = Path.Combine(settings.Output, CheckpointFiles.Folder, CheckpointFiles.Name(Newest)), file = files[i % files.Length];
            string what = Damage(Path.Combine(folder, file), cut: i / files.Length % 2 == 0, context.Random);
            bool seen = CheckpointStore.Problem(folder) is not null;
            noticed += seen ? 1 : 0;
            problems.Require(seen, $"{file}: {what} was not noticed");
            TrainingResult result = LocalRun.Resume(settings);
            wentOn += result.FirstStep == Newest - 1 ? 1 : 0;
            problems.Require(result.FirstStep == Newest - 1, $"{file}: {what}, and the run went on from step {result.FirstStep}");
            IReadOnlyList<string> differences = RunOutcome.Differences(settings.Output, outcome);
            equal += differences.Count == 0 ? 1 : 0;
            problems.Wrong.AddRange(differences);
            Directory.Delete(settings.Output, recursive: true);
        }

        return new Finding(
            FormattableString.Invariant($"{Name}: newest checkpoint cut off or a bit turned, {times} times, all four files"),
            Must,
            FormattableString.Invariant($"{noticed} of {times} noticed; {wentOn} went on from the checkpoint before; {equal} outcomes byte-equal{problems.Text()}"),
            problems.Wrong.Count == 0);
    }

    private Finding DamageAll(TrialContext context, RunSettings plan)
    {
        int times = context.Count(20, 2), refused = 0;
        var problems = new Problems();
        for (int i = 0; i < times; i++)
        {
            RunSettings settings = plan with { Output = Path.Combine(context.Folder, $"all{i}") };
            Folders.Copy(plan.Output, settings.Output);
            foreach ((_, string folder) in new CheckpointStore(settings.Output).List())
            {
                string[] files = Directory.GetFiles(folder);
                Damage(files[context.Random.Next(files.Length)], cut: context.Random.Next(2) == 0, context.Random);
            }

            string[] before = Directory.GetFileSystemEntries(Path.Combine(settings.Output, CheckpointFiles.Folder));
            try
            {
                TrainingResult result = LocalRun.Resume(settings);
                problems.Require(false, $"with no whole checkpoint the run began at step {result.FirstStep}");
            }
            catch (CheckpointException)
            {
                refused++;
                problems.Require(before.Order(StringComparer.Ordinal).SequenceEqual(Directory.GetFileSystemEntries(Path.Combine(settings.Output, CheckpointFiles.Folder)).Order(StringComparer.Ordinal)), $"damaged checkpoints were moved");
            }

            Directory.Delete(settings.Output, recursive: true);
        }

        return new Finding(
            FormattableString.Invariant($"{Name}: all checkpoints damaged, {times} times"),
            "CheckpointException, also with StartIfNone; nothing moved or deleted",
            FormattableString.Invariant($"{refused} of {times} refused{problems.Text()}"),
            problems.Wrong.Count == 0 && refused == times);
    }

    private static string Damage(string file, bool cut, Random random)
    {
        byte[] bytes = File.ReadAllBytes(file);
        int place = random.Next(bytes.Length);
        if (cut)
        {
            File.WriteAllBytes(file, bytes[..place]);
            return FormattableString.Invariant($"cut to {place} of {bytes.Length} bytes");
        }

        int bit = random.Next(8);
        bytes[place] ^= (byte)(1 << bit);
        File.WriteAllBytes(file, bytes);
        return FormattableString.Invariant($"bit {bit} of byte {place} turned");
    }
}
