using NJepa.Data;
using NJepa.Models;

namespace NJepa.Training.Tests;

public sealed class CheckpointTests(ResumeTests.Pictures pictures) : TensorTest, IClassFixture<ResumeTests.Pictures>
{
    [Fact]
    public async Task A_checkpoint_holds_model_optimizer_state_and_manifest()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync();
        string last = Path.Combine(run.Checkpoints, run.Names.Last());
        Directory.GetFiles(last).Select(Path.GetFileName).Should().BeEquivalentTo("manifest.json", "model.safetensors", "optimizer.safetensors", "trainer.json");
        CheckpointStore.Problem(last).Should().BeNull();
        TrainerState state = TrainerState.Read(last);
        (state.Step, state.TotalSteps, state.OptimizerSteps, state.Data.Count).Should().Be((20, 20, 20, 32));
        state.Options.Should().Contain("LearningRate", "0.002").And.Contain("Checkpoints.EverySteps", "1");
        state.Model.Should().Contain("Encoder.Width", "12").And.Contain("Recipe.Masking", "MultiBlockMaskingOptions");
        state.Versions.Should().ContainKeys("NJepa", "TorchSharp", "libtorch", "threads", "device", "platform");
    }

    [Fact]
    public async Task The_newest_stay_and_those_of_every_so_many_steps()
    {
        using var run = new CheckpointedRun(pictures.Source) { };
        run.Options = run.Options with { Checkpoints = new CheckpointOptions { EverySteps = 3, KeepLast = 2, KeepEvery = 6 } };
        await run.RunAsync();
        run.Names.Should().Equal("step-0000000006", "step-0000000012", "step-0000000018", "step-0000000020");
    }

    [Fact]
    public async Task Minutes_alone_save_too()
    {
        using var run = new CheckpointedRun(pictures.Source);
        run.Options = run.Options with { Checkpoints = new CheckpointOptions { EverySteps = null, EveryMinutes = 0.001, KeepLast = 100 } };
        var log = new ListLogger();
        run.Logger = log;
        run.Options = run.Options with { Epochs = 60 };
        await run.RunAsync();
        run.Names.Should().HaveCountGreaterThan(1);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("optimizer.safetensors")]
    [InlineData("trainer.json")]
    [InlineData("manifest.json")]
    public async Task Any_damage_is_noticed_and_the_one_before_is_taken(string name)
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 9);
        string newest = Path.Combine(run.Checkpoints, "step-0000000009"), file = Path.Combine(newest, name);
        byte[] whole = File.ReadAllBytes(file);
        var random = new Random(1);
        for (int i = 0; i < 60; i++)
        {
            byte[] damaged = [.. whole];
            if (i % 3 == 0)
            {
                damaged = damaged[..random.Next(damaged.Length)];
            }
            else
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(file, damaged);
            CheckpointStore.Problem(newest).Should().NotBeNull($"change {i} of {name} must be noticed");
        }

        var log = new ListLogger();
        run.Logger = log;
        (await run.ResumeAsync(until: 10)).FirstStep.Should().Be(8);
        log.Messages.Should().ContainMatch($"The checkpoint {newest} cannot be used: *. The one before it, *step-0000000008, is taken; the steps in between are done again");
        run.Names.Should().Contain("step-0000000009.damaged").And.Contain("step-0000000010");
    }

    [Fact]
    public async Task A_file_that_is_missing_is_noticed()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 3);
        string newest = Path.Combine(run.Checkpoints, "step-0000000003");
        File.Delete(Path.Combine(newest, "optimizer.safetensors"));
        CheckpointStore.Problem(newest).Should().Be("optimizer.safetensors is missing");
        File.Delete(Path.Combine(newest, "manifest.json"));
        CheckpointStore.Problem(newest).Should().Be("it has no manifest.json");
    }

    [Fact]
    public async Task A_run_that_is_resumed_and_stopped_at_once_leaves_its_checkpoint_alone()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 3);
        string state = Path.Combine(run.Checkpoints, "step-0000000003", "trainer.json"), before = File.ReadAllText(state);
        (await run.ResumeAsync(until: 3)).Steps.Should().Be(0);
        File.ReadAllText(state).Should().Be(before);
        run.Names.Should().Equal("step-0000000002", "step-0000000003");
    }

    [Fact]
    public async Task A_failure_outside_of_the_update_costs_no_step()
    {
        using var run = new CheckpointedRun(pictures.Source);
        using JepaModel model = run.Model.Build();
        using var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = run.Folder, Checkpoints = new CheckpointOptions() });
        int backward = 0;
        trainer.Parts.StepRunner.PhaseEnded = phase => _ = phase == "backward" && ++backward == 8 ? throw new System.ComponentModel.Win32Exception(1, "CUDA out of memory") : 0;
        Func<Task> fail = () => trainer.RunAsync();
        (await fail.Should().ThrowAsync<TrainingException>()).WithMessage("Step 8 of 20 ran out of memory on cpu*");
        run.Names.Should().Equal("step-0000000007");
    }

    [Fact]
    public async Task After_half_an_update_only_a_checkpoint_goes_on()
    {
        using var whole = new CheckpointedRun(pictures.Source);
        await whole.RunAsync();
        using var run = new CheckpointedRun(pictures.Source);
        using JepaModel model = run.Model.Build();
        using var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = run.Folder });
        int updates = 0;
        trainer.Parts.StepRunner.PhaseEnded = phase => _ = phase == "optimizer" && ++updates == 8 ? throw new System.ComponentModel.Win32Exception(1, "CUDA error: unspecified launch failure") : 0;
        Func<Task> fail = () => trainer.RunAsync();
        (await fail.Should().ThrowAsync<TrainingException>()).WithMessage("Step 8 of 20 failed in the native runtime: CUDA error: unspecified launch failure");
        run.Names.Should().Equal("step-0000000006", "step-0000000007");
        (await fail.Should().ThrowAsync<TrainingException>()).WithMessage("The last run of this trainer failed in the middle of an update: *");

        await trainer.ResumeAsync();

        run.Outcome().Should().Equal(whole.Outcome());
    }

    [Fact]
    public async Task A_folder_that_was_deleted_during_the_run_is_not_made_anew_in_silence()
    {
        using var run = new CheckpointedRun(pictures.Source);
        using JepaModel model = run.Model.Build();
        // Not in the background: a checkpoint that is being written while the folder goes would be the first to fail, in other words.
        var checkpoints = new CheckpointOptions { EverySteps = 1, InBackground = false };
        using var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = run.Folder, LogEvery = 1, Checkpoints = checkpoints });
        Func<Task> fail = () => trainer.RunAsync(new Synchronous(report =>
        {
            if (report.Step == 5)
            {
                Directory.Delete(run.Folder, recursive: true);
            }

            return Task.CompletedTask;
        }));
        (await fail.Should().ThrowAsync<TrainingException>()).WithMessage("The checkpoint of step * cannot be written to *: The folder was deleted, replaced or unmounted during the run*");
        trainer.CompletedSteps.Should().BeInRange(5, 6);
    }

    [Fact]
    public async Task When_none_is_whole_nothing_starts_silently_from_the_beginning()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 3);
        foreach (string name in run.Names)
        {
            File.AppendAllText(Path.Combine(run.Checkpoints, name, "model.safetensors"), "x");
        }

        Func<Task> resume = () => run.ResumeAsync(options: new ResumeOptions { StartIfNone = true });

        (await resume.Should().ThrowAsync<CheckpointException>()).WithMessage(
            $"No checkpoint in '{run.Checkpoints}' is whole. Nothing was changed. To give them up and start again, delete that folder; *\n- step-0000000003: model.safetensors has * bytes, and had *\n- step-0000000002: *");
        run.Names.Should().Equal("step-0000000002", "step-0000000003");
    }

    [Fact]
    public void A_failing_disk_stops_the_run_or_does_not_as_the_policy_says()
    {
        using var folder = new TemporaryStore();
        var log = new ListLogger();
        bool full = false;
        CheckpointSaver Saver(SaveFailurePolicy policy) => new(folder.Store, new CheckpointOptions { EverySteps = 1, OnFailure = policy, InBackground = policy == SaveFailurePolicy.Stop }, folder.Capture, log);
        folder.Store.Create = path => full && path.EndsWith("optimizer.safetensors", StringComparison.Ordinal) ? throw new IOException("No space left on device") : File.Create(path);

        using (CheckpointSaver saver = Saver(SaveFailurePolicy.Continue))
        {
            saver.AfterStep(++folder.Step);
            saver.AfterStep(++folder.Step);
            full = true;
            saver.AfterStep(++folder.Step);
            saver.AfterStep(++folder.Step);
            full = false;
            saver.AfterStep(++folder.Step);
            saver.Finish(folder.Step);
        }

        folder.Store.List().Select(found => found.Step).Should().Equal(5, 2);
        log.Errors.Should().HaveCount(2).And.AllSatisfy(message => message.Should().Match(
            $"The checkpoint of step * cannot be written to '{folder.Store.Root}': No space left on device (* MB are free there). The last one, of step 2, is as it was: go on from it with ResumeAsync. Training goes on without it"));
        full = true;
        using (CheckpointSaver saver = Saver(SaveFailurePolicy.Continue))
        {
            folder.Step++;
            saver.Invoking(s => s.Finish(folder.Step)).Should().Throw<TrainingException>("what is not saved when the run ends is an error all the same");
        }

        using (CheckpointSaver saver = Saver(SaveFailurePolicy.Stop))
        {
            saver.AfterStep(++folder.Step);
            saver.Invoking(s => s.AfterStep(++folder.Step)).Should().Throw<TrainingException>().WithMessage(
                "The checkpoint of step 7 cannot be written to *The last one, of step 5, is as it was: go on from it with ResumeAsync. Free space there, choose another OutputDirectory, or set CheckpointOptions.OnFailure to Continue. The trained model is still in memory (JepaModel.SaveWeights).");
        }

        Directory.GetDirectories(folder.Store.Root).Should().HaveCount(2, "what was half written is taken away");
        CheckpointStore.Problem(folder.Store.List()[0].Folder).Should().BeNull();
    }

    [Fact]
    public async Task An_error_of_the_data_costs_no_step()
    {
        using var set = new DrawnSet(trainPerClass: 4, testPerClass: 1, seed: 5);
        using var run = new CheckpointedRun(set.Train);
        run.Options = run.Options with { MaxBadImageShare = 0, Checkpoints = new CheckpointOptions(), Epochs = 1 };
        using var loader = new ImageLoader(set.Train, new TrainingAugmentation { ImageSize = 32 }, new ImageLoaderOptions { BatchSize = 8, Threads = 0 });
        using ImageBatch third = loader.Steps(2, 1).Single();
        string victim = Path.Combine(set.Folder, set.Train.GetName(third.Indices[3]));
        byte[] good = File.ReadAllBytes(victim);
        File.WriteAllText(victim, "no picture");
        Func<Task> broken = () => run.RunAsync();
        (await broken.Should().ThrowAsync<TooManyBadImagesException>()).Which.BadImages.Should().ContainSingle();
        run.Names.Should().Equal("step-0000000002");
        BadImageReport.Read(Path.Combine(run.Folder, "bad-images.csv")).Should().ContainSingle().Which.Name.Should().Be(set.Train.GetName(third.Indices[3]));

        File.WriteAllBytes(victim, good);
        (await run.ResumeAsync(options: new ResumeOptions { AllowChangedData = true })).Steps.Should().Be(2);
    }

    [Fact]
    public async Task Bad_images_are_listed_once_over_all_parts_of_a_run()
    {
        using var set = new DrawnSet(trainPerClass: 4, testPerClass: 1, seed: 6);
        string[] files = [.. Directory.GetFiles(Path.Combine(set.Folder, "train"), "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        foreach (int bad in (int[])[3, 17])
        {
            File.WriteAllText(files[bad], "");
        }

        using var run = new CheckpointedRun(set.Train);
        run.Options = run.Options with { Epochs = 3 };
        var log = new ListLogger();
        await run.RunAsync(until: 6);
        run.Logger = log;

        TrainingResult result = await run.ResumeAsync();

        result.BadImages.Select(image => image.Index).Should().Equal(3, 17);
        BadImageReport.Read(Path.Combine(run.Folder, "bad-images.csv")).Should().Equal(result.BadImages).And.OnlyContain(image => image.Reason.StartsWith("the file is empty", StringComparison.Ordinal));
        log.Messages.Should().NotContain(message => message.Contains("cannot be used", StringComparison.Ordinal), "it was said when they were found");
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        PretrainingOptions options = PretrainingOptions.SmallData with { Checkpoints = new CheckpointOptions { EverySteps = 0, EveryMinutes = 0, KeepLast = 0, KeepEvery = -1, OnFailure = (SaveFailurePolicy)7 } };
        options.Validate().Should().Equal(
            "CheckpointOptions.EverySteps is 0; it must be from 1 to 1000000000 or null.",
            "CheckpointOptions.EveryMinutes is 0; it must be from 0.001 to 100000 (default 10).",
            "CheckpointOptions.KeepLast is 0; it must be from 1 to 1000000 (default 2).",
            "CheckpointOptions.KeepEvery is -1; it must be from 1 to 1000000000 or null.",
            "CheckpointOptions.OnFailure is 7; it must be one of Stop, Continue (default Stop).");
        (options with { Checkpoints = null! }).Validate().Should().Equal("PretrainingOptions.Checkpoints is null; leave it as it is, or use new CheckpointOptions().");
    }
}
