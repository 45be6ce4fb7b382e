using Microsoft.Extensions.Logging;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Training.Tests;

/// <summary>A number that goes wrong reaches neither weights nor moments nor teacher, under both policies, and people are told which it was.</summary>
public sealed class NonFiniteRunTests(JepaTrainerTests.Pictures pictures) : TensorTest, IClassFixture<JepaTrainerTests.Pictures>
{
    private const long BadStep = 3;
    private static readonly ViT Small = new() { Name = "test", ImageSize = 32, PatchSize = 8, Width = 24, Depth = 1, Heads = 2 };

    private static JepaModel Model(Precision precision = Precision.Float32) =>
        JepaBuilder.WithEncoder(Small).WithRecipe(JepaRecipe.SmallData).WithPrecision(precision).Build();

    private static PretrainingOptions Options(NonFinitePolicy policy = NonFinitePolicy.Stop) =>
        PretrainingOptions.SmallData with { Epochs = 2, BatchSize = 16, LogEvery = 4, LoaderThreads = 1, Momentum = 0.5, OnNonFinite = policy };

    /// <summary>Bits of student, predictors, both moments and teacher.</summary>
    private static byte[] State(JepaModel model, JepaTrainer trainer) =>
    [
        .. model.Parameters.Values.bytes, .. trainer.Parts.Optimizer.FirstMoment.bytes, .. trainer.Parts.Optimizer.SecondMoment.bytes, .. model.TeacherParameters.Values.bytes,
    ];

    private static void Spoil(JepaModel model, JepaTrainer trainer, JepaTerm? term, double value, Func<long, bool> when)
    {
        if (term is null)
        {
            trainer.Parts.StepRunner.PhaseEnded = phase =>
            {
                if (phase == "backward" && when(trainer.CompletedSteps))
                {
                    using DisposeScope scope = torch.NewDisposeScope();
                    model.Parameters.Gradients!.narrow(0, 7, 1).fill_(value);
                }
            };
            return;
        }

        model.LossFault = (which, loss) => which == term && when(trainer.CompletedSteps) ? loss.mul(value) : loss;
    }

    /// <summary>The state after so many steps that nothing disturbs.</summary>
    private async Task<byte[]> UndisturbedAsync(long steps, Precision precision, PretrainingOptions options)
    {
        using JepaModel model = Model(precision);
        using var trainer = new JepaTrainer(model, pictures.Source, options with { LogEvery = 1 });
        using var cancel = new CancellationTokenSource();
        await trainer.RunAsync(
            new Collect(report =>
            {
                if (report.Step == steps)
                {
                    cancel.Cancel();
                }
            }),
            cancel.Token);
        trainer.CompletedSteps.Should().Be(steps);
        return State(model, trainer);
    }

    public static TheoryData<string?, double, string> Faults => new()
    {
        { "CleanTeacher", double.NaN, "clean-teacher, total, gradient" },
        { "NoisyTeacher", double.NaN, "noisy-teacher, total, gradient" },
        { "NoisyClean", double.PositiveInfinity, "noisy-clean, total, gradient" },
        { "Variance", double.NaN, "variance, total, gradient" },
        { "Covariance", double.NegativeInfinity, "covariance, total, gradient" },
        { null, double.NaN, "gradient" },
        { null, double.NegativeInfinity, "gradient" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Under_stop_all_is_as_it_was_before_the_step(string? term, double value, string terms)
    {
        byte[] expected = await UndisturbedAsync(BadStep, Precision.Float32, Options());
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options());
        Spoil(model, trainer, Term(term), value, step => step == BadStep);

        NonFiniteException error = await FailAsync(trainer);

        State(model, trainer).AsSpan().SequenceEqual(expected).Should().BeTrue();
        trainer.CompletedSteps.Should().Be(BadStep);
        trainer.Parts.Optimizer.Steps.Should().Be(BadStep);
        error.Step.Should().Be(BadStep + 1);
        string.Join(", ", error.Terms).Should().Be(terms);
        error.SampleIndices.Should().HaveCount(16).And.OnlyHaveUniqueItems();
    }

    // A GPU is asked once per report: what the steps after the bad one do must do no harm either.
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Steps_after_the_bad_one_change_nothing_until_the_host_has_noticed(string? term, double value, string terms)
    {
        byte[] expected = await UndisturbedAsync(BadStep, Precision.Float32, Options());
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options() with { LogEvery = 8 });
        trainer.Parts.NonFinite.EveryStep = false;
        var reached = new List<long>();
        Spoil(model, trainer, Term(term), value, step =>
        {
            reached.Add(step);
            return step is BadStep or (BadStep + 2);
        });

        NonFiniteException error = await FailAsync(trainer);

        reached.Should().Contain(7, "nobody asked before the report");
        State(model, trainer).AsSpan().SequenceEqual(expected).Should().BeTrue();
        (trainer.CompletedSteps, trainer.Parts.Optimizer.Steps, error.Step).Should().Be((BadStep, BadStep, BadStep + 1));
        string.Join(", ", error.Terms).Should().Be(terms);
    }

    [Theory]
    [InlineData(Precision.Float32, null)]
    [InlineData(Precision.Float32, 5)]
    [InlineData(Precision.BFloat16, null)]
    [InlineData(Precision.BFloat16, 5)]
    public async Task Under_skip_step_the_bad_step_changes_nothing_and_the_run_goes_on(Precision precision, int? micro)
    {
        PretrainingOptions options = Options(NonFinitePolicy.SkipStep) with { MicroBatchSize = micro, MaxGradientNorm = 0.5 };
        byte[] expected = await UndisturbedAsync(BadStep, precision, options);
        foreach ((string? term, double value, string _) in Faults.Select(row => ((string?)row[0], (double)row[1]!, (string)row[2]!)))
        {
            using JepaModel model = Model(precision);
            using var trainer = new JepaTrainer(model, pictures.Source, options);
            byte[]? after = null;
            Spoil(model, trainer, Term(term), value, step => step == BadStep);
            Action<string>? spoil = trainer.Parts.StepRunner.PhaseEnded;
            trainer.Parts.StepRunner.PhaseEnded = phase =>
            {
                spoil?.Invoke(phase);
                if (phase == "average" && trainer.CompletedSteps == BadStep)
                {
                    after = State(model, trainer);
                }
            };

            TrainingResult result = await trainer.RunAsync();

            after.AsSpan().SequenceEqual(expected).Should().BeTrue();
            State(model, trainer).AsSpan().SequenceEqual(expected).Should().BeFalse("the run went on");
            (result.Steps, result.SkippedSteps, result.Completed, trainer.Parts.Optimizer.Steps).Should().Be((8, 1, true, 7));
            result.History.Should().HaveCount(2).And.OnlyContain(report => double.IsFinite(report.Losses.Total) && double.IsFinite(report.Losses.Covariance!.Value));
            model.Parameters.Values.data<float>().ToArray().Should().OnlyContain(weight => float.IsFinite(weight));
        }
    }

    [Fact]
    public async Task Long_intervals_between_reports_do_not_hide_a_bad_step_for_long()
    {
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options() with { LogEvery = 1000 });
        (trainer.Parts.NonFinite.EveryStep, trainer.Parts.NonFinite.MaxUnread) = (false, 3);
        long reached = 0;
        Spoil(model, trainer, JepaTerm.CleanTeacher, double.NaN, step => (reached = step) == BadStep);
        (await FailAsync(trainer)).Step.Should().Be(BadStep + 1);
        reached.Should().Be(5);
    }

    [Fact]
    public async Task The_losses_of_a_report_leave_skipped_steps_out()
    {
        using JepaModel model = Model(), undisturbed = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options(NonFinitePolicy.SkipStep));
        using var other = new JepaTrainer(undisturbed, pictures.Source, Options() with { LogEvery = 3 });
        Spoil(model, trainer, JepaTerm.Variance, double.NaN, step => step == BadStep);
        TrainingResult result = await trainer.RunAsync(), expected = await other.RunAsync();
        result.History[0].Losses.Should().Be(expected.History[0].Losses);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Skipped_steps_are_told_and_bounded(bool everyStep)
    {
        var log = new ListLogger((_, id) => id.Id == 11);
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options(NonFinitePolicy.SkipStep) with { MaxSkippedSteps = 1 }, log);
        trainer.Parts.NonFinite.EveryStep = everyStep;
        Spoil(model, trainer, null, double.NaN, step => step is 1 or 4);

        NonFiniteException error = await FailAsync(trainer);

        trainer.CompletedSteps.Should().Be(everyStep ? 5 : 8);
        error.Step.Should().Be(5);
        error.Message.Should().Match(
            "In step 5 of 8 gradient was infinite or not a number. Learning rate 0.00*, images (indices into the source) *, *. It is one of 2 skipped steps, more than MaxSkippedSteps = 1; none of them "
            + "changed the weights. To go on, lower LearningRate (the peak is 0.002), set MaxGradientNorm (for example to 1), look at those images, or raise MaxSkippedSteps.");
        log.Messages.Should().HaveCount(2);
        log.Messages[0].Should().Match(
            $"Step 2 of 8 was skipped: gradient was infinite or not a number. Learning rate 0.00*, images (indices into the source) *, *. Up to step {(everyStep ? 2 : 4)} 1 steps were skipped for that, "
            + "1 in the whole run; more than 1 stop it. If it goes on: lower LearningRate (the peak is 0.002), set MaxGradientNorm (for example to 1), look at those images");
    }

    [Fact]
    public async Task A_run_that_has_skipped_too_many_steps_does_not_go_on_by_being_started_again()
    {
        using var run = new CheckpointedRun(pictures.Source);
        PretrainingOptions options = Options(NonFinitePolicy.SkipStep) with { MaxSkippedSteps = 1, OutputDirectory = run.Folder };
        using JepaModel model = Model();
        using (var trainer = new JepaTrainer(model, pictures.Source, options))
        {
            Spoil(model, trainer, null, double.NaN, step => step is 1 or 4);
            await FailAsync(trainer);
        }

        using JepaModel again = Model();
        using var second = new JepaTrainer(again, pictures.Source, options);
        for (int i = 0; i < 2; i++)
        {
            (await FluentActions.Awaiting(() => i == 0 ? second.ResumeAsync() : second.RunAsync()).Should().ThrowAsync<TrainingException>()).WithMessage("This run has skipped 2 steps*more than MaxSkippedSteps = 1*or raise MaxSkippedSteps. No step was taken.");
            second.CompletedSteps.Should().Be(5);
        }

        using JepaModel third = Model();
        using var raised = new JepaTrainer(third, pictures.Source, options with { MaxSkippedSteps = 2 });
        (await raised.ResumeAsync()).Completed.Should().BeTrue();
    }

    [Fact]
    public async Task The_error_names_step_terms_images_and_remedies()
    {
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options() with { BatchSize = 17, MaxGradientNorm = 2 });
        Spoil(model, trainer, JepaTerm.NoisyClean, double.NaN, step => step == 1);

        NonFiniteException error = await FailAsync(trainer);

        error.Message.Should().Be(
            "In step 2 of 6 noisy-clean, total, gradient were infinite or not a number. Learning rate "
            + FormattableString.Invariant($"{new TrainingSchedule(Options(), 3).At(1).LearningRate}, images (indices into the source) {string.Join(", ", error.SampleIndices.Take(16))} and 1 more. ")
            + "The step changed nothing: the weights are those after step 1. "
            + "To go on, lower LearningRate (the peak is 0.002), lower MaxGradientNorm (it is 2), look at those images, or set OnNonFinite to NonFinitePolicy.SkipStep.");
    }

    [Fact]
    public async Task A_run_that_stopped_can_be_tried_again()
    {
        byte[] expected = await UndisturbedAsync(8, Precision.Float32, Options());
        using JepaModel model = Model();
        using var trainer = new JepaTrainer(model, pictures.Source, Options());
        Spoil(model, trainer, JepaTerm.CleanTeacher, double.NaN, step => step == BadStep);
        await FailAsync(trainer);
        model.LossFault = null;

        (await trainer.RunAsync()).Completed.Should().BeTrue();

        State(model, trainer).AsSpan().SequenceEqual(expected).Should().BeTrue();
    }

    [Fact]
    public async Task A_term_of_weight_0_may_be_anything()
    {
        JepaRecipe recipe = JepaRecipe.SmallData with { VarianceCovariance = new VarianceCovarianceWeights(1, 0) };
        using JepaModel model = JepaBuilder.WithEncoder(Small).WithRecipe(recipe).Build();
        using var trainer = new JepaTrainer(model, pictures.Source, Options());
        Spoil(model, trainer, JepaTerm.Covariance, double.NaN, step => step == BadStep);
        TrainingResult result = await trainer.RunAsync();
        (result.Completed, result.SkippedSteps).Should().Be((true, 0));
        result.History[0].Losses.Covariance.Should().Be(double.NaN);
        result.History[0].Losses.Total.Should().BeGreaterThan(0);
    }

    [Fact]
    public void Loss_sums_are_saved_and_loaded_exactly()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        using JepaModel model = Model();
        using LossMeter meter = new(model), loaded = new(model);
        JepaLosses Losses(float value) => new(torch.tensor(value), torch.tensor(value / 3), torch.tensor(value / 7), torch.tensor(1f), torch.tensor(2f), torch.tensor(float.NaN));
        meter.Add(Losses(0.1f), torch.tensor(0f));
        meter.Add(Losses(float.NaN), torch.tensor(1f));
        meter.Add(Losses(0.3f), null);

        loaded.Load(meter.Save());

        meter.Save().Count.Should().Be(2);
        loaded.Steps.Should().Be(2);
        loaded.Save().Sums.Should().Equal(meter.Save().Sums);
        LossValues read = loaded.Read(reset: false);
        read.Total.Should().Be(((double)0.1f + 0.3f) / 2);
        read.Covariance.Should().Be(double.NaN);
        loaded.Read().Should().Be(read);
        loaded.Steps.Should().Be(0);
        loaded.Read().Total.Should().Be(double.NaN);
    }

    private static JepaTerm? Term(string? name) => name is null ? null : Enum.Parse<JepaTerm>(name);

    private static async Task<NonFiniteException> FailAsync(JepaTrainer trainer)
    {
        Func<Task> run = () => trainer.RunAsync();
        return (await run.Should().ThrowAsync<NonFiniteException>()).Which;
    }
}
