using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests.Method;

/// <summary>Computing activations once more changes neither losses nor gradients.</summary>
public sealed class RecomputedActivationsTests : TensorTest
{
    public static TheoryData<string, Precision> Recipes
    {
        get
        {
            var all = new TheoryData<string, Precision>();
            foreach (string recipe in OneStep.Recipes.Keys)
            {
                all.Add(recipe, Precision.Float32);
                all.Add(recipe, Precision.BFloat16);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Losses_and_gradients_are_those_of_kept_activations(string recipe, Precision precision)
    {
        OneStep kept = OneStep.Of(OneStep.Recipes[recipe]().WithPrecision(precision)), recomputed = OneStep.Of(OneStep.Recipes[recipe]().WithPrecision(precision).WithRecomputedActivations());

        kept.Gradients.Should().Contain(gradient => gradient != 0);
        recomputed.Losses.Should().Equal(kept.Losses);

        // The same products of the same numbers; only where two gradients meet may their order be another.
        OneStep.Distance(recomputed.Gradients, kept.Gradients).Should().BeLessThan(precision == Precision.BFloat16 ? 0.004 : 1e-6);
    }

    [Fact]
    public void Predictors_of_one_block_and_encoders_of_one_block_are_recomputed_as_well()
    {
        static JepaBuilder Shallow() => JepaBuilder
            .WithEncoder(new ViT { Name = "shallow", ImageSize = 32, PatchSize = 4, Width = 24, Depth = 1, Heads = 2 })
            .WithPredictor(new PredictorOptions { Width = 12, Depth = 1, Heads = 1 })
            .WithRecipe(JepaRecipe.SmallData);

        OneStep kept = OneStep.Of(Shallow()), recomputed = OneStep.Of(Shallow().WithRecomputedActivations());

        recomputed.Losses.Should().Equal(kept.Losses);
        OneStep.Distance(recomputed.Gradients, kept.Gradients).Should().BeLessThan(1e-6);
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.BFloat16)]
    public void No_gradient_arrives_without_Backward(Precision precision)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(Small.NJepa().WithRecomputedActivations().WithPrecision(precision));

        Small.Step(model).Losses.Total.backward();

        Small.Values(model.Parameters.Gradients!).Should().OnlyContain(gradient => gradient == 0);
    }

    [Fact]
    public void A_forward_pass_without_gradients_records_nothing()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel kept = OneStep.Model(Small.NJepa()), recomputed = OneStep.Model(Small.NJepa().WithRecomputedActivations());
        using IDisposable noGradient = no_grad();

        (JepaOutputs outputs, JepaLosses losses) = Small.Step(recomputed);

        outputs.Tapes.Should().BeEmpty();
        Small.Item(losses.Total).Should().Be(Small.Item(Small.Step(kept).Losses.Total));
        Action backward = () => recomputed.Backward(outputs, losses.Total);
        backward.Should().Throw<ArgumentException>().WithMessage(
            "The loss does not depend on the parameters (it was computed without gradients); give a scalar such as JepaLosses.Total, computed in the same dispose scope and outside of no_grad. (Parameter 'loss')");
    }

    [Fact]
    public void A_loss_of_one_s_own_reaches_the_parameters_through_any_output()
    {
        static Tensor Own(JepaOutputs outputs) => (outputs.ContextBKD * 2).sum() + (outputs.CleanBMTD * outputs.TargetsBMTD).sum() + outputs.NoisyBMTD!.pow(2).sum();
        float[] Gradients(JepaBuilder builder)
        {
            using DisposeScope scope = NewDisposeScope();
            using JepaModel model = OneStep.Model(builder);
            JepaOutputs outputs = Small.Step(model).Outputs;
            model.Backward(outputs, Own(outputs));
            return Small.Values(model.Parameters.Gradients!);
        }

        OneStep.Distance(Gradients(Small.NJepa().WithRecomputedActivations()), Gradients(Small.NJepa())).Should().BeLessThan(1e-6);
    }

    // Kept activations are used up by the first loss; recomputed ones are not.
    [Fact]
    public void Losses_of_the_same_outputs_that_are_differentiated_one_by_one_add_up()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(Small.NJepa().WithLossWeights(1, 1, 1).WithRecomputedActivations());
        OneStep together = OneStep.Of(model);
        model.Parameters.ZeroGradients();
        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);

        model.Backward(outputs, losses.CleanTeacher);
        model.Backward(outputs, losses.NoisyTeacher!);
        model.Backward(outputs, losses.NoisyClean!);

        OneStep.Distance(Small.Values(model.Parameters.Gradients!), together.Gradients).Should().BeLessThan(1e-6);
    }

    [Fact]
    public void The_tape_belongs_to_the_scope_of_the_step()
    {
        using JepaModel model = OneStep.Model(Small.NJepa().WithRecomputedActivations());
        long before = Tensor.TotalCount;
        using (NewDisposeScope())
        {
            (JepaOutputs outputs, _) = Small.Step(model);
            outputs.Tapes.Should().HaveCount(3);
            Tensor.TotalCount.Should().BeGreaterThan(before + 10);
        }

        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void A_forward_pass_that_fails_halfway_leaves_no_tensor()
    {
        using JepaModel model = OneStep.Model(Small.NJepa().WithRecomputedActivations());
        using (no_grad())
        using (Tensor wrong = zeros(5))
        {
            model.Parameters["noisy_predictor.predictor_proj.bias"].Value.set_(wrong);
        }

        long before = Tensor.TotalCount;
        using (NewDisposeScope())
        {
            Action step = () => Small.Step(model);
            step.Should().Throw<System.Runtime.InteropServices.ExternalException>();
        }

        Tensor.TotalCount.Should().Be(before);
    }

    [Theory]
    [InlineData("disposed", "The loss has been disposed; *")]
    [InlineData("vector", "The loss has 3 elements; *")]
    public void What_is_no_loss_is_refused(string what, string message)
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Small.IJepa().Build();
        JepaOutputs outputs = Small.Step(model).Outputs;
        Tensor loss = what == "vector" ? outputs.CleanBMTD.mean([1, 2, 3]) : outputs.CleanBMTD.mean();
        if (what == "disposed")
        {
            loss.Dispose();
        }

        Action backward = () => model.Backward(outputs, loss);

        backward.Should().Throw<ArgumentException>().WithMessage(message + "give a scalar such as JepaLosses.Total, computed in the same dispose scope and outside of no_grad. (Parameter 'loss')");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Outputs_of_another_model_or_record_are_refused_and_lose_no_gradient(bool recomputed)
    {
        using DisposeScope scope = NewDisposeScope();
        JepaBuilder Builder() => recomputed ? Small.NJepa().WithRecomputedActivations() : Small.NJepa();
        using JepaModel model = OneStep.Model(Builder()), other = OneStep.Model(Builder());
        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);
        var copy = new JepaOutputs(outputs.ContextBKD, outputs.TargetsBMTD, outputs.CleanBMTD, outputs.NoisyBMTD);

        foreach (Action wrong in (Action[])[() => other.Backward(outputs, losses.Total), () => model.Backward(copy, losses.Total)])
        {
            wrong.Should().Throw<ArgumentException>().WithMessage("These outputs are not what Forward of this model returned with gradients on; give Backward that very record, or the gradients would be lost.*");
        }

        model.Backward(outputs, losses.Total);
        Small.Values(model.Parameters.Gradients!).Should().Contain(gradient => gradient != 0);
        Small.Values(other.Parameters.Gradients!).Should().OnlyContain(gradient => gradient == 0);
    }

    [Fact]
    public void A_loss_that_was_differentiated_before_is_refused_and_leaves_no_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = OneStep.Model(Small.NJepa());
        (JepaOutputs outputs, JepaLosses losses) = Small.Step(model);
        model.Backward(outputs, losses.Total);

        Action again = () => model.Backward(outputs, losses.Total);

        again.Should().Throw<InvalidOperationException>().WithMessage("What this loss was computed from has been differentiated already; add losses up and call Backward once, or run Forward again.");
        Small.Values(model.Parameters.Gradients!).Should().OnlyContain(gradient => gradient == 0);
    }
}
