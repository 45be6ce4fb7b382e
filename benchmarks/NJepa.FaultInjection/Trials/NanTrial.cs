using System.Security.Cryptography;
using NJepa.FaultInjection.Runs;
using NJepa.Models;
using NJepa.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.FaultInjection.Trials;

/// <summary>A loss term, or a gradient, becomes NaN or infinite at a random step. Nothing of that step may be seen in weights, moments or teacher.</summary>
internal sealed class NanTrial : ITrial
{
    private const int Steps = 30;
    private static readonly double[] Values = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    public string Name => "nan";

    public string Must => "weights, moments and teacher at step k byte-equal to those at k - 1; Stop names step and term, and the resumed run equals the undisturbed one";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        RunSettings whole = context.Settings("whole", Steps) with { LoaderThreads = 0, EverySteps = null };
        LocalRun.Resume(whole);
        IReadOnlyDictionary<string, string> outcome = RunOutcome.Of(whole.Output);
        var problems = new Problems();
        int stopped = 0, skipped = 0;
        foreach (JepaTerm? term in (JepaTerm?[])[.. Enum.GetValues<JepaTerm>(), null])
        {
            foreach (double value in context.Short ? Values[..1] : Values)
            {
                long step = context.Random.Next(2, Steps - 1);
                string fault = FormattableString.Invariant($"{term?.ToString() ?? "a gradient"} = {value} in step {step + 1}");
                RunSettings settings = whole with { Output = Path.Combine(context.Folder, FormattableString.Invariant($"stop-{stopped}")) };
                problems.Wrong.AddRange(Stop(settings, term, value, step, outcome).Select(problem => $"{fault}: {problem}"));
                stopped++;
                problems.Wrong.AddRange(Skip(settings with { Output = Path.Combine(context.Folder, FormattableString.Invariant($"skip-{skipped}")) }, term, value, step).Select(problem => $"{fault}: {problem}"));
                skipped++;
            }
        }

        yield return new Finding(
            $"{Name}: NaN and infinity in each loss term, and in a gradient alone",
            Must,
            FormattableString.Invariant($"{stopped} times with Stop and {skipped} with SkipStep: {(problems.Wrong.Count == 0 ? "nothing changed" : "not so")}{problems.Text()}"),
            problems.Wrong.Count == 0);
    }

    private static List<string> Stop(RunSettings settings, JepaTerm? term, double value, long step, IReadOnlyDictionary<string, string> outcome)
    {
        var problems = new List<string>();
        try
        {
            Run(settings.Options() with { LogEvery = 1 }, settings, term, value, step);
            problems.Add("the run did not stop");
        }
        catch (NonFiniteException exception)
        {
            string expected = term is null ? "gradient" : string.Concat(term.ToString()!.Select((letter, i) => char.IsUpper(letter) && i > 0 ? "-" + char.ToLowerInvariant(letter) : letter.ToString().ToLowerInvariant()));
            if (exception.Step != step + 1 || !exception.Terms.Contains(expected) || exception.SampleIndices.Count != RunSettings.BatchSize)
            {
                problems.Add($"told as step {exception.Step}, {string.Join(", ", exception.Terms)}, {exception.SampleIndices.Count} images");
            }
        }

        if (RunOutcome.Step(settings.Output) != step)
        {
            problems.Add($"saved at step {RunOutcome.Step(settings.Output)}");
        }

        // The loss log's lines depend on LogEvery, which was 1 until here.
        LocalRun.Resume(settings with { LogEvery = 1 });
        problems.AddRange(RunOutcome.Differences(settings.Output, outcome).Where(difference => !difference.StartsWith(LossLog.FileName, StringComparison.Ordinal)));
        return problems;
    }

    private static List<string> Skip(RunSettings settings, JepaTerm? term, double value, long step)
    {
        PretrainingOptions options = settings.Options() with { LogEvery = 1, OnNonFinite = NonFinitePolicy.SkipStep };
        (TrainingResult result, Dictionary<long, string> states) = Run(options, settings, term, value, step);
        var problems = new List<string>();
        if (!result.Completed || result.SkippedSteps != 1)
        {
            problems.Add($"{result.SkippedSteps} steps skipped, {result.Steps} done");
        }

        if (states[step + 1] != states[step])
        {
            problems.Add("the skipped step changed something");
        }

        if (states.Values.Distinct().Count() != states.Count - 1)
        {
            problems.Add("another step changed nothing");
        }

        return problems;
    }

    private static (TrainingResult Result, Dictionary<long, string> States) Run(PretrainingOptions options, RunSettings settings, JepaTerm? term, double value, long step)
    {
        using JepaModel model = RunSettings.Model();
        using var trainer = new JepaTrainer(model, settings.Source(), options);
        var states = new Dictionary<long, string>();
        model.LossFault = (which, loss) => which == term && trainer.CompletedSteps == step ? loss.mul(value) : loss;
        trainer.Parts.StepRunner.PhaseEnded = phase =>
        {
            if (term is null && phase == "backward" && trainer.CompletedSteps == step)
            {
                using DisposeScope scope = NewDisposeScope();
                model.Parameters.Gradients!.narrow(0, 7, 1).fill_(value);
            }
        };
        var progress = new Reports(report => states[report.Step] = State(model, trainer.Parts.Optimizer));
        return (trainer.RunAsync(progress).GetAwaiter().GetResult(), states);
    }

    private static string State(JepaModel model, FlatAdamW optimizer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Tensor tensor in (Tensor[])[model.Parameters.Values, optimizer.FirstMoment, optimizer.SecondMoment, model.TeacherParameters.Values])
        {
            hash.AppendData(tensor.bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed class Reports(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
