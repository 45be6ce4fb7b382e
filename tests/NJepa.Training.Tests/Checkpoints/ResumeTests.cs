using NJepa.Data;
using NJepa.Models;

namespace NJepa.Training.Tests;

public sealed class ResumeTests(ResumeTests.Pictures pictures) : TensorTest, IClassFixture<ResumeTests.Pictures>
{
    public sealed class Pictures : IDisposable
    {
        private readonly DrawnSet _set = new(trainPerClass: 4, testPerClass: 1);

        public string Folder => Path.Combine(_set.Folder, "train");

        // 32 images: four steps an epoch.
        public IImageSource Source => _set.Train;

        public void Dispose() => _set.Dispose();
    }

    [Fact]
    public async Task A_run_that_stops_and_resumes_at_every_step_ends_as_one_that_never_stopped()
    {
        using var whole = new CheckpointedRun(pictures.Source) { Options = Short with { Epochs = 12 } };
        await whole.RunAsync();
        using var parts = new CheckpointedRun(pictures.Source) { Options = Short with { Epochs = 12 } };

        (await parts.RunAsync(until: 1)).Steps.Should().Be(1);
        for (long step = 2; step < 48; step++)
        {
            TrainingResult part = await parts.ResumeAsync(until: step);
            (part.FirstStep, part.Steps, part.Completed).Should().Be((step - 1, 1, false));
        }

        (await parts.ResumeAsync()).Completed.Should().BeTrue();
        parts.Outcome().Should().Equal(whole.Outcome());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(13)]
    [InlineData(19)]
    public async Task A_run_that_stops_anywhere_and_resumes_ends_as_one_that_never_stopped(long step)
    {
        using var whole = new CheckpointedRun(pictures.Source);
        await whole.RunAsync();
        using var parts = new CheckpointedRun(pictures.Source);

        await parts.RunAsync(until: step);
        await parts.ResumeAsync();

        parts.Outcome().Should().Equal(whole.Outcome());
    }

    [Fact]
    public async Task Checkpoints_do_not_change_a_run()
    {
        using var often = new CheckpointedRun(pictures.Source);
        using var never = new CheckpointedRun(pictures.Source) { Options = Short with { Checkpoints = new CheckpointOptions { EveryMinutes = null, InBackground = false } } };
        await often.RunAsync();
        await never.RunAsync();
        never.Names.Should().Equal("step-0000000020");
        often.Outcome().Should().Equal(never.Outcome());
    }

    [Fact]
    public async Task In_bfloat16_a_resumed_run_is_the_same_too()
    {
        using var whole = new CheckpointedRun(pictures.Source) { Model = Bf16 };
        await whole.RunAsync();
        using var parts = new CheckpointedRun(pictures.Source) { Model = Bf16 };
        await parts.RunAsync(until: 7);
        await parts.ResumeAsync();
        parts.Outcome().Should().Equal(whole.Outcome());
    }

    [Fact]
    public async Task A_finished_run_is_resumed_by_more_epochs()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync();
        var log = new ListLogger();
        (run.Options, run.Logger) = (Short with { Epochs = 7 }, log);
        TrainingResult more = await run.ResumeAsync();
        (more.FirstStep, more.Steps, more.Completed).Should().Be((20, 8, true));
        log.Messages.Should().Contain("Changed since the checkpoint: PretrainingOptions.Epochs is 7, and was 5");
        LossLog.Read(run.Folder).Select(line => line.Step).Should().Equal(3, 6, 9, 12, 15, 18, 20, 21, 24, 27, 28);
    }

    [Fact]
    public async Task What_makes_another_run_is_refused_with_each_difference()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 5);
        run.Options = Short with { Seed = 3, BatchSize = 4, CropScaleMin = 0.5, LearningRate = 1, Normalization = ImageNormalization.ImageNet with { MeanRed = 0.5 } };
        run.Model = JepaBuilder.WithEncoder(CheckpointedRun.Tiny with { Depth = 2 }).WithRecipe(JepaRecipe.SmallData with { Masking = new NJepa.Masking.RandomPatchMaskingOptions() }).WithSeed(4);

        Func<Task> resume = () => run.ResumeAsync();

        string message = (await resume.Should().ThrowAsync<CheckpointException>()).Which.Message;
        message.Should().StartWith($"The checkpoint '{run.Checkpoints}{Path.DirectorySeparatorChar}step-0000000005' is of another run. Nothing was changed. Set these as they were, or start a run of its own in another folder.\n");
        message.Split('\n')[1..].Should().Contain(
            [
                "- model: Encoder.Depth is 2, and was 1", "- model: Seed is 4, and was 0", "- model: Recipe.Masking is RandomPatchMaskingOptions, and was MultiBlockMaskingOptions",
                "- PretrainingOptions.Seed is 3, and was 0", "- PretrainingOptions.BatchSize is 4, and was 8", "- PretrainingOptions.CropScaleMin is 0.5, and was 0.3",
                "- PretrainingOptions.Normalization.MeanRed is 0.5, and was 0.485",
            ]);
        message.Should().NotContain("LearningRate");
        run.Names.Last().Should().Be("step-0000000005");
    }

    [Fact]
    public async Task Fewer_epochs_than_the_checkpoint_has_are_refused()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 9);
        run.Options = Short with { Epochs = 2 };
        Func<Task> resume = () => run.ResumeAsync();
        (await resume.Should().ThrowAsync<CheckpointException>()).WithMessage("*\n- steps: the checkpoint is at step 9, and with Epochs = 2 the run has 8; raise Epochs");
    }

    [Fact]
    public async Task Changed_images_are_refused_unless_allowed()
    {
        using var set = new DrawnSet(trainPerClass: 4, testPerClass: 1, seed: 2);
        using var run = new CheckpointedRun(set.Train);
        await run.RunAsync(until: 5);
        string victim = Directory.GetFiles(Path.Combine(set.Folder, "train"), "*.png", SearchOption.AllDirectories)[0];
        File.AppendAllText(victim, "x");
        Func<Task> resume = () => run.ResumeAsync();
        (await resume.Should().ThrowAsync<CheckpointException>()).WithMessage("*\n- images: files were changed, or copied without their times: names are the same, lengths or times are not; set ResumeOptions.AllowChangedData if that is meant");

        File.Move(victim, victim.Replace(".png", "-renamed.png", StringComparison.Ordinal));
        var renamed = new CheckpointedRun(set.Train, run.Folder);
        resume = () => renamed.ResumeAsync();
        (await resume.Should().ThrowAsync<CheckpointException>()).WithMessage("*\n- images: names, labels or order of the images are not what they were; *");

        (await renamed.ResumeAsync(options: new ResumeOptions { AllowChangedData = true })).Completed.Should().BeTrue();
    }

    [Fact]
    public async Task Without_a_checkpoint_there_is_nothing_to_resume_unless_starting_is_allowed()
    {
        using var run = new CheckpointedRun(pictures.Source);
        Func<Task> resume = () => run.ResumeAsync();
        (await resume.Should().ThrowAsync<CheckpointException>()).WithMessage($"There is no checkpoint in '{run.Checkpoints}'. Check OutputDirectory; to start a run there, call RunAsync, or set ResumeOptions.StartIfNone.");
        TrainingResult result = await run.ResumeAsync(options: new ResumeOptions { StartIfNone = true });
        (result.FirstStep, result.Completed).Should().Be((0, true));

        using JepaModel model = run.Model.Build();
        using var trainer = new JepaTrainer(model, pictures.Source, Short);
        resume = () => trainer.ResumeAsync();
        (await resume.Should().ThrowAsync<CheckpointException>()).WithMessage("There is nothing to resume from: PretrainingOptions.OutputDirectory is null, and so is ResumeOptions.Checkpoint. Set one of them.");
    }

    [Fact]
    public async Task An_unfinished_run_is_not_begun_anew()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 5);
        Func<Task> again = () => run.RunAsync();
        (await again.Should().ThrowAsync<TrainingException>()).WithMessage(
            $"OutputDirectory '{run.Folder}' holds a run that is not finished (step 5 of 20). Go on with it (ResumeAsync, or --resume), choose another folder, or delete '{run.Checkpoints}' to give it up. No step was taken.");
        await run.ResumeAsync();
        IReadOnlyDictionary<string, string> first = run.Outcome();

        await run.RunAsync();

        run.Outcome().Should().Equal(first, "a finished run may be replaced");
    }

    [Fact]
    public async Task An_older_checkpoint_can_be_chosen_and_later_ones_are_set_aside()
    {
        using var run = new CheckpointedRun(pictures.Source) { Options = Short with { Checkpoints = new CheckpointOptions { EverySteps = 1, KeepLast = 100 } } };
        await run.RunAsync();
        IReadOnlyDictionary<string, string> outcome = run.Outcome();
        TrainingResult result = await run.ResumeAsync(until: 8, options: new ResumeOptions { Checkpoint = Path.Combine(run.Checkpoints, "step-0000000006") });
        result.FirstStep.Should().Be(6);
        run.Names.Should().Contain("step-0000000020.abandoned").And.NotContain("step-0000000020");
        await run.ResumeAsync();
        Directory.Delete(Path.Combine(run.Checkpoints, "step-0000000020.abandoned"), recursive: true);
        run.Outcome().Should().Equal(outcome);
    }

    [Fact]
    public async Task A_checkpoint_of_another_folder_begins_a_branch_that_nothing_else_is_taken_for()
    {
        using var origin = new CheckpointedRun(pictures.Source);
        await origin.RunAsync(until: 6);
        using var branch = new CheckpointedRun(pictures.Source);
        await branch.RunAsync(until: 4);
        var from = new ResumeOptions { Checkpoint = Path.Combine(origin.Checkpoints, "step-0000000006") + Path.DirectorySeparatorChar };
        (await branch.ResumeAsync(until: 7, options: from)).FirstStep.Should().Be(6);
        branch.Names.Should().Equal("step-0000000003.abandoned", "step-0000000004.abandoned", "step-0000000007");
        origin.Names.Should().Equal("step-0000000005", "step-0000000006");
    }

    [Fact]
    public async Task The_loss_log_holds_every_report_in_full()
    {
        using var run = new CheckpointedRun(pictures.Source);
        TrainingResult result = await run.RunAsync();
        LossLog.Read(run.Folder).Should().Equal(result.History.Select(report => new LossLogEntry(report.Step, report.Epoch, report.Losses, report.Settings)));
        File.ReadLines(Path.Combine(run.Folder, "losses.csv")).First().Should().Be("step,epoch,loss,clean_teacher,noisy_teacher,noisy_clean,variance,covariance,learning_rate,weight_decay,momentum");
    }

    [Fact]
    public async Task A_checkpoint_s_model_is_a_file_that_models_load()
    {
        using var run = new CheckpointedRun(pictures.Source);
        TrainingResult result = await run.RunAsync();
        result.Checkpoint.Should().Be(Path.Combine(run.Checkpoints, "step-0000000020"));
        File.ReadAllBytes(Path.Combine(result.Checkpoint!, "model.safetensors")).Should().Equal(File.ReadAllBytes(Path.Combine(run.Folder, "model.safetensors")));
        using JepaModel model = run.Model.WithSeed(8).Build();
        model.LoadWeights(Path.Combine(result.Checkpoint!, "model.safetensors"));
    }

    private static PretrainingOptions Short => PretrainingOptions.SmallData with { Epochs = 5, BatchSize = 8, LogEvery = 3, LoaderThreads = 0, Checkpoints = new CheckpointOptions { EverySteps = 1 } };

    private static JepaBuilder Bf16 => JepaBuilder.WithEncoder(CheckpointedRun.Tiny).WithRecipe(JepaRecipe.SmallData).WithPrecision(Precision.BFloat16);
}
